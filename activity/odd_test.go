package activity_test

import (
	"encoding/json"
	"slices"
	"testing"

	"entente.example/entente/activity"
)

// What other software writes in its own way; the shapes are those of real
// documents, see federation/interop.

func TestANoteWithoutContentIsInTheLanguageWrittenFirst(t *testing.T) {
	t.Parallel()
	for range 20 { // maps of Go have no order
		n, err := activity.ReadNote([]byte(`{"id":"https://a.example/1","type":"Note","attributedTo":"https://a.example/u",
			"contentMap":{"fr":"bonjour","en":"hello","de":"hallo"}}`))
		if err != nil || n.Content != "bonjour" || len(n.ContentMap) != 3 {
			t.Fatalf("%q of %v, %v", n.Content, n.ContentMap, err)
		}
	}
	for _, odd := range []string{`"hello"`, `{}`, `null`, `[]`, `{"en":7}`} {
		n, err := activity.ReadNote([]byte(`{"id":"https://a.example/1","type":"Note","attributedTo":"https://a.example/u","contentMap":` + odd + `}`))
		if err != nil || n.Content != "" {
			t.Errorf("contentMap %s reads as %q, %v", odd, n.Content, err)
		}
	}
}

func TestWhoSendsANoteIsItsAuthorWhereTheNoteLeavesThatOpen(t *testing.T) {
	t.Parallel()
	const by, club, other = "https://a.example/u", "https://a.example/club", "https://b.example/u"
	for rest, want := range map[string]activity.ID{
		``:                             by,
		`,"attributedTo":"` + by + `"`: by,
		`,"attributedTo":["` + club + `","` + by + `"]`:            club, // both said so
		`,"attributedTo":"` + club + `","actor":"` + by + `"`:      by,
		`,"attributedTo":"` + club + `"`:                           club,
		`,"attributedTo":"` + club + `","actor":"` + other + `"`:   club,
		`,"attributedTo":[{"type":"Person","id":"` + by + `"},{}]`: by,
	} {
		n, err := activity.ReadNoteOf(by, []byte(`{"id":"https://a.example/1","type":"Event"`+rest+`}`))
		if err != nil || n.Author() != want {
			t.Errorf("%s is by %q, %v; want %q", rest, n.Author(), err, want)
		}
	}
	n, err := activity.ReadNoteOf(by, []byte(`{"id":"https://a.example/1","type":"Event","attributedTo":"`+club+`","actor":"`+by+`"}`))
	if err != nil || !n.Groups.Has(club) {
		t.Errorf("the club it is for is not in %q, %v", n.Groups, err)
	}
	for _, raw := range []string{
		`{"id":"https://b.example/1","type":"Note"}`, // of another host
		`{"id":"https://a.example/1","type":"Note","attributedTo":"` + other + `"}`,
	} {
		if _, err := activity.ReadNoteOf(by, []byte(raw)); activity.FaultOf(err).Reason != "foreign_author" {
			t.Errorf("%s: %v", raw, err)
		}
	}
	if _, err := activity.ReadNote([]byte(`{"id":"https://a.example/1","type":"Note"}`)); activity.FaultOf(err).Reason != "foreign_author" {
		t.Errorf("fetched, it is by nobody: %v", err)
	}
}

func TestThePollKeepsItsVotes(t *testing.T) {
	t.Parallel()
	n, err := activity.ReadNote([]byte(`{"id":"https://a.example/1","type":"Question","attributedTo":"https://a.example/u","oneOf":[
		{"type":"Note","name":"yes","replies":{"type":"Collection","totalItems":3}},
		{"name":"no","replies":"https://a.example/1/no"},{"name":"maybe","replies":{"totalItems":"many"}},"rubbish"]}`))
	if err != nil || len(n.OneOf) != 3 || n.OneOf[0].Replies.Total != 3 || n.OneOf[1].Replies.Total != 0 || n.OneOf[2].Name != "maybe" {
		t.Fatalf("%+v, %v", n.OneOf, err)
	}
	raw, err := json.Marshal(n.OneOf)
	const want = `[{"type":"Note","name":"yes","replies":{"type":"Collection","totalItems":3}},{"name":"no"},{"name":"maybe"}]`
	if err != nil || string(raw) != want {
		t.Fatalf("%s, %v; want %s", raw, err, want)
	}
}

func TestManyObjectsAreReadAsLinksOrEmbedded(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string][]activity.ID{
		`"https://a.example/1"`:                           {"https://a.example/1"},
		`{"id":"https://a.example/1"}`:                    {"https://a.example/1"},
		`["https://a.example/1",null,{"type":"Note"}]`:    {"https://a.example/1", ""},
		`[{"id":"https://a.example/1"},{"id":"urn:x:2"}]`: {"https://a.example/1", "urn:x:2"},
		`null`: nil,
		`[]`:   nil,
	} {
		var rs activity.Refs
		if err := json.Unmarshal([]byte(sent), &rs); err != nil {
			t.Fatal(err)
		}
		var got []activity.ID
		for _, r := range rs {
			got = append(got, r.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s reads as %q; want %q", sent, got, want)
		}
	}
}

func TestAHostMayHaveAnUnderscoreAndNothingOdder(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"another_instance.example": "another_instance.example",
		"Another_Instance.example": "another_instance.example",
		"a!b.example":              "", "a'b.example": "", "a*b.example": "", "a b.example": "", "a%2eb.example": "", "a/b": "", "a@b.example": "",
		"xn--a.example": "", // not what it claims to be
	} {
		if got, err := activity.CleanHost(host); got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", host, got, err, want)
		}
	}
}

func TestAnActorWithNonsenseAttachedIsRefused(t *testing.T) {
	t.Parallel()
	actor := func(attached string) error {
		_, err := activity.ReadActor([]byte(`{"id":"https://a.example/u","type":"Person","preferredUsername":"u","inbox":"https://a.example/u/inbox","attachment":` + attached + `}`))
		return err
	}
	for _, fine := range []string{`[]`, `null`, `{"type":"PropertyValue","name":"a","value":"b"}`, `["https://a.example/x"]`, `[{"type":"IdentityProof"}]`} {
		if err := actor(fine); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
	if err := actor(`{"haha":"nonsense"}`); activity.FaultOf(err).Reason != "bad_attachment" {
		t.Errorf("nonsense: %v", err)
	}
}
