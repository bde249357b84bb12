package activity_test

import (
	"encoding/json"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

const topicGroup = "https://a.example/groups/g"

func groupWith(t *testing.T, streams string) activity.Actor {
	t.Helper()
	a, err := activity.ReadActor([]byte(`{"id":"` + topicGroup + `","type":"Group","preferredUsername":"g","inbox":"` + topicGroup + `/inbox","streams":` + streams + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAGroupListsItsOwnTopicsAlone(t *testing.T) {
	t.Parallel()
	topic := func(id, name string) string {
		raw, _ := json.Marshal(map[string]string{"id": id, "name": name}) // never fails
		return string(raw)
	}
	own := topicGroup + "/topics/1"
	for streams, want := range map[string]string{
		"[" + topic(own, "News") + "]": "News",
		topic(own, "News"):             "News",
		"[" + topic(own, "News") + "," + topic(topicGroup+"/topics/2", "nEWS") + "]":            "News",
		"[" + topic(own, "News") + "," + topic(own, "Again") + "]":                              "News",
		"[" + topic(own, "<b>R&amp;D</b>\n news") + "]":                                         "R&D news",
		"[" + topic(own, "a\u202eb\u0007") + "]":                                                "ab",
		"[" + topic(own, " ") + "]":                                                             "",
		"[" + topic("https://b.example/groups/g/topics/1", "News") + "]":                        "",
		"[" + topic("https://a.example/groups/g2/topics/1", "News") + "]":                       "",
		"[" + topic("https://a.example/groups/g/followers", "News") + "]":                       "",
		"[" + topic(topicGroup+"/topics/", "News") + "]":                                        "",
		"[" + topic(topicGroup+"/topics/1/2", "News") + "]":                                     "",
		"[" + topic(topicGroup+"/topics/../moderators", "News") + "]":                           "",
		"[" + topic(topicGroup+"/topics/1?x", "News") + "]":                                     "",
		"[" + topic(topicGroup+"/topics/"+strings.Repeat("1", limits.TopicKey+1), "News") + "]": "",
		`["` + own + `", 5, null, {"name": "News"}, [], {}]`:                                    "",
		`"News"`: "",
	} {
		var names []string
		for _, s := range groupWith(t, streams).Streams {
			names = append(names, string(s.Name))
		}
		if got := strings.Join(names, "|"); got != want {
			t.Errorf("of %s are read %q, not %q", streams, got, want)
		}
	}
	person, err := activity.ReadActor([]byte(`{"id":"` + topicGroup + `","type":"Person","preferredUsername":"g","inbox":"` + topicGroup + `/inbox","streams":[` + topic(own, "News") + `]}`))
	if err != nil || len(person.Streams) != 0 {
		t.Errorf("a person has %v (%v)", person.Streams, err)
	}
}

func TestTopicsAreFewAndHaveShortNames(t *testing.T) {
	t.Parallel()
	a := groupWith(t, many(limits.Topics+10, `{"id":"`+topicGroup+`/topics/%d","name":"News %d"}`))
	if len(a.Streams) != limits.Topics {
		t.Errorf("%d topics are read", len(a.Streams))
	}
	long := strings.Repeat("é", limits.TopicName)
	if got := groupWith(t, `{"id":"`+topicGroup+`/topics/1","name":"`+long+`é"}`).Streams; len(got) != 1 || string(got[0].Name) != long {
		t.Errorf("a long name is read as %v", got)
	}
	for typed, want := range map[string]string{" News\n of\tthe <i>day</i> ": "News of the day", long: long, long + "é": "", " ": "", "\u0000\u202e": "", "": ""} {
		name, err := activity.NewTopicName(typed)
		if string(name) != want || (err == nil) != (want != "") {
			t.Errorf("%q is called %q (%v)", typed, name, err)
		}
	}
}

func TestAPostIsFiledUnderATopicOfItsGroup(t *testing.T) {
	t.Parallel()
	known, other := activity.ID(topicGroup+"/topics/1"), activity.ID(topicGroup+"/topics/2")
	a := groupWith(t, `[{"id":"`+string(known)+`","name":"News"}]`)
	for _, c := range []struct {
		target      string
		answers     string
		here, there activity.ID
	}{
		{`{"type":"Collection","id":"` + string(known) + `","name":"x","attributedTo":"https://b.example/g"}`, "", known, known},
		{`"` + string(known) + `"`, "", known, known},
		{`["` + string(known) + `"]`, "", known, known},
		{`"` + string(other) + `"`, "", "", other},
		{`"https://b.example/groups/g/topics/1"`, "", "", ""},
		{`"` + topicGroup + `/moderators"`, "", "", ""},
		{`"` + string(known) + `"`, `,"inReplyTo":"https://a.example/1"`, "", ""},
		{`5`, "", "", ""},
		{`null`, "", "", ""},
	} {
		n := noteWith(t, `,"target":`+c.target+c.answers)
		here, there := a.Filed(n, true), a.Filed(n, false)
		if here.ID != c.here || there.ID != c.there {
			t.Errorf("%s%s is filed under %q by the group, %q by others", c.target, c.answers, here.ID, there.ID)
		}
		if here.ID != "" && (here.AttributedTo != a.ID || here.Name != "") {
			t.Errorf("%s is kept as %+v", c.target, here)
		}
		n.Topic = there
		if is := a.TopicOf(n); (is.ID == known) != (c.there == known) || is.ID != "" && is.Name != "News" {
			t.Errorf("%s is shown in %+v", c.target, is)
		}
	}
}
