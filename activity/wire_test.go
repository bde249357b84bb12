package activity_test

import (
	"encoding/json"
	"testing"
	"time"

	"entente.example/entente/activity"
)

func TestWhatIsSingleIsWrittenSoAndAddresseesAreLists(t *testing.T) {
	t.Parallel()
	const me, group = activity.ID("https://a.example/u"), activity.ID("https://b.example/g")
	at := activity.At(time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC))
	in := activity.Audience{To: activity.IDs{group}, Cc: activity.IDs{activity.Public}, Groups: activity.IDs{group}}
	picture := activity.List[activity.Attachment]{{Type: "Image", URL: activity.IDs{"https://a.example/i.png"}}}
	ref := func(id activity.ID) activity.Ref { return activity.Ref{ID: id} }
	for name, tc := range map[string]struct {
		noun any
		want string
	}{
		"a reply in a group": {activity.Note{ID: "https://a.example/1", Type: "Note", AttributedTo: activity.IDs{me}, Content: "x", InReplyTo: activity.IDs{"https://b.example/1"},
			Published: at, URL: activity.IDs{"https://a.example/@u/1"}, Tag: activity.List[activity.Tag]{{Type: "Mention", Href: "https://b.example/g"}}, Attachment: picture, Audience: in},
			`{"id":"https://a.example/1","type":"Note","content":"x","published":"2026-11-23T01:02:03.000Z","tag":[{"type":"Mention","href":"https://b.example/g"}],` +
				`"attachment":[{"type":"Image","url":"https://a.example/i.png"}],"to":["https://b.example/g"],"cc":["https://www.w3.org/ns/activitystreams#Public"],` +
				`"attributedTo":"https://a.example/u","inReplyTo":"https://b.example/1","url":"https://a.example/@u/1","audience":"https://b.example/g"}`},
		"a note by two":     {activity.Note{ID: "i", Type: "Note", AttributedTo: activity.IDs{me, group}}, `{"id":"i","type":"Note","attributedTo":["https://a.example/u","https://b.example/g"]}`},
		"a note of nothing": {activity.Note{ID: "i", Type: "Note"}, `{"id":"i","type":"Note"}`},
		"its Create": {&activity.Envelope{ID: "https://a.example/2", Type: "Create", Actor: ref(me), Object: activity.Ref{ID: "i", Raw: json.RawMessage(`{"id":"i"}`)}, Published: at, Audience: in},
			`{"id":"https://a.example/2","type":"Create","actor":"https://a.example/u","object":{"id":"i"},"published":"2026-11-23T01:02:03.000Z",` +
				`"to":["https://b.example/g"],"cc":["https://www.w3.org/ns/activitystreams#Public"],"audience":"https://b.example/g"}`},
		"a group": {activity.Actor{ID: group, Type: "Group", Username: "g", Inbox: ref(group + "/inbox"), AttributedTo: activity.IDs{group + "/moderators"}},
			`{"id":"https://b.example/g","type":"Group","preferredUsername":"g","inbox":"https://b.example/g/inbox","manuallyApprovesFollowers":false,"attributedTo":"https://b.example/g/moderators"}`},
		"a person": {activity.Actor{ID: me, Type: "Person", Username: "u", Inbox: ref(me + "/inbox"), URL: activity.IDs{"https://a.example/@u"}, Icon: picture,
			PublicKey: activity.List[activity.PublicKey]{{ID: me + "#k", Owner: me, PEM: "p"}}, AlsoKnownAs: activity.IDs{"https://c.example/u"},
			Fields: activity.List[activity.Field]{{Type: "PropertyValue", Name: "n", Value: "v"}}},
			`{"id":"https://a.example/u","type":"Person","preferredUsername":"u","inbox":"https://a.example/u/inbox","manuallyApprovesFollowers":false,` +
				`"attachment":[{"type":"PropertyValue","name":"n","value":"v"}],"alsoKnownAs":["https://c.example/u"],"url":"https://a.example/@u",` +
				`"publicKey":{"id":"https://a.example/u#k","owner":"https://a.example/u","publicKeyPem":"p"},"icon":{"type":"Image","url":"https://a.example/i.png"}}`},
	} {
		if got, err := json.Marshal(tc.noun); err != nil || string(got) != tc.want {
			t.Errorf("%s is\n%s, want\n%s (%v)", name, got, tc.want, err)
		}
	}
}
