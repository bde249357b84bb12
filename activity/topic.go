package activity

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"entente.example/entente/activity/limits"
)

// Topic is a collection of discussions in a group: one of its streams (ActivityPub §4.1),
// and the target of each post in it (FEP-400e), which names its group there.
type Topic struct {
	ID           ID   `json:"id"`
	Type         Text `json:"type,omitempty"`
	Name         Text `json:"name,omitempty"`
	AttributedTo ID   `json:"attributedTo,omitempty"`
}

// UnmarshalJSON takes what Ref takes. It never fails on well-formed JSON.
func (t *Topic) UnmarshalJSON(b []byte) error {
	var r Ref
	_ = r.UnmarshalJSON(b) // never fails
	type plain Topic
	var p plain
	if r.Raw != nil {
		_ = json.Unmarshal(r.Raw, &p)
	}
	*t = Topic{ID: r.ID, Name: p.Name}
	return nil
}

// NewTopicName is what somebody typed as the name of a topic, on one line. None, or one of
// more than limits.TopicName characters, is Invalid.
func NewTopicName(typed string) (Text, error) {
	name := topicName(Text(typed))
	if name == "" || len([]rune(name)) > limits.TopicName {
		return "", Refuse(Invalid, "bad_topic_name", "a topic needs a name of 1 to %d characters", limits.TopicName)
	}
	return name, nil
}

// topicName is a name on one line of plain text that reads in its own direction.
func topicName(t Text) Text {
	line := strings.Join(strings.Fields(Plain(string(t))), " ")
	return Text(strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, line)))
}

// NewTopic is a topic of a group: key is the end of its id.
func (a Actor) NewTopic(key string, name Text) Topic {
	return Topic{ID: a.ID + ID("/topics/"+key), Type: "OrderedCollection", Name: name}
}

// Key is the end of its id, by which it is called within its group.
func (t Topic) Key() string { return string(t.ID[strings.LastIndexByte(string(t.ID), '/')+1:]) }

// MayKeep says whether an id could be of a topic of the group: it begins with the group's
// own, so that nobody lists what lives elsewhere, or another collection, as a topic.
func (a Actor) MayKeep(id ID) bool {
	key, is := strings.CutPrefix(string(id), string(a.ID)+"/topics/")
	return is && a.Type == "Group" && key != "" && len(key) <= limits.TopicKey && strings.Trim(strings.ToLower(key), "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// TopicOwner is the only group that could keep a topic with this id, "" for none.
func TopicOwner(id ID) ID {
	if at := strings.LastIndex(string(id), "/topics/"); at > 0 {
		return id[:at]
	}
	return ""
}

// Topic is the one of the group with this id; ok is false where it has none.
func (a Actor) Topic(id ID) (t Topic, ok bool) {
	if i := slices.IndexFunc(a.Streams, func(t Topic) bool { return t.ID == id }); i >= 0 {
		return a.Streams[i], id != ""
	}
	return t, false
}

// TopicOf is where the group keeps a post, zero where that is in no topic that it has.
func (a Actor) TopicOf(n Note) Topic {
	t, _ := a.Topic(n.Topic.ID)
	return t
}

// Called is the topic with this name, however it is spelled; ok is false for none.
func (a Actor) Called(name Text) (t Topic, ok bool) {
	if i := slices.IndexFunc(a.Streams, func(t Topic) bool { return strings.EqualFold(string(t.Name), string(name)) }); i >= 0 {
		return a.Streams[i], true
	}
	return t, false
}

// topics are the streams of a group that may be its topics: each with a name of its own,
// no more than limits.Topics.
func (a Actor) topics() List[Topic] {
	streams := a.Streams
	a.Streams = nil
	for _, t := range streams {
		name := []rune(topicName(cut(t.Name, limits.Name)))
		t = Topic{ID: t.ID, Type: "OrderedCollection", Name: Text(name[:min(len(name), limits.TopicName)])}
		_, known := a.Topic(t.ID)
		_, called := a.Called(t.Name)
		if a.MayKeep(t.ID) && t.Name != "" && !known && !called && len(a.Streams) < limits.Topics {
			a.Streams = append(a.Streams, t)
		}
	}
	return a.Streams
}

// Filed is a post's topic as its document has it: what begins a discussion may have one of
// its group. Which there are the group itself knows (here); of one elsewhere we may not have
// heard yet.
func (a Actor) Filed(n Note, here bool) Topic {
	_, known := a.Topic(n.Topic.ID)
	if n.InReplyTo.First() != "" || !known && (here || !a.MayKeep(n.Topic.ID)) {
		return Topic{}
	}
	return Topic{ID: n.Topic.ID, Type: "OrderedCollection", AttributedTo: a.ID}
}

// UnknownTopic refuses a topic that its group has not.
func UnknownTopic() error {
	return Refuse(Invalid, "unknown_topic", "this group has no such topic: choose one of those it has")
}

// TopicOfAnswer refuses a topic for what answers something.
func TopicOfAnswer() error {
	return Refuse(Invalid, "topic_of_answer", "an answer is in the topic of what it answers: say it of the first post")
}
