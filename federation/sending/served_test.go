package sending_test

import (
	"reflect"
	"testing"
)

// Mastodon, Lemmy and Misskey take a document only with its media type, to the
// letter (interop.md §2.1).
func TestWhatIsServedHasTheMediaTypeThatOthersTake(t *testing.T) {
	t.Parallel()
	other := map[string]string{"webfinger": "application/jrd+json", "nodeinfo-links": "application/json",
		"nodeinfo": `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"`}
	served := 0
	for name, d := range documents(t) {
		want := other[name]
		if want == "" {
			want = "application/activity+json"
		}
		if d.status == 0 {
			continue
		}
		served++
		if d.kind != want {
			t.Errorf("%s is served as %s", name, d.kind)
		}
	}
	if served < 12 {
		t.Errorf("only %d documents were served", served)
	}
}

// A group announces what it took in as it came, or the proof in it is worth
// nothing (interop.md §4.1).
func TestAGroupAnnouncesAnActivityUnchanged(t *testing.T) {
	t.Parallel()
	docs := documents(t)
	came, told := docs["theirs"].read(t), docs["group-announce-theirs"].read(t)["object"]
	if came["proof"] == nil || !reflect.DeepEqual(told, any(came)) {
		t.Errorf("it took in\n%v\nand announces\n%v", came, told)
	}
	note := came["object"].(map[string]any)
	if besides := docs["group-announce-their-note"].read(t); besides["object"] != note["id"] {
		t.Errorf("besides it announces %v, not %v", besides["object"], note["id"])
	}
}
