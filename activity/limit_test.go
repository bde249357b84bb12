package activity_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

func noteWith(t *testing.T, rest string) activity.Note {
	t.Helper()
	n, err := activity.ReadNote([]byte(`{"id":"https://a.example/1","type":"Question","attributedTo":"https://a.example/u"` + rest + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func actorWith(t *testing.T, rest string) activity.Actor {
	t.Helper()
	a, err := activity.ReadActor([]byte(`{"id":"https://a.example/u","type":"Person","preferredUsername":"u","inbox":"https://a.example/u/inbox"` + rest + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// many is a list of n entries; %[1]d in one is its number.
func many(n int, entry string) string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = strings.ReplaceAll(entry, "%d", fmt.Sprint(i))
	}
	return "[" + strings.Join(entries, ",") + "]"
}

func TestNobodyAddressesMoreThanTwoThousand(t *testing.T) {
	t.Parallel()
	for to, reason := range map[int]string{999: "", 1000: "many_addressees", 60_000: "many_addressees"} {
		doc := []byte(`{"id":"https://a.example/1","type":"Note","actor":"https://a.example/u","attributedTo":"https://a.example/u","to":` + many(to, `"a:%d"`) +
			`,"cc":` + many(1000, `{"id":"b:%d"}`) + `,"audience":"https://g.example/"}`)
		_, asActivity := activity.ReadEnvelope(doc)
		_, asNote := activity.ReadNote(doc)
		for _, err := range []error{asActivity, asNote} {
			if (err == nil) != (reason == "") || err != nil && (activity.FaultOf(err).Reason != reason || activity.KindOf(err) != activity.TooLarge) {
				t.Errorf("%d addressees and 1001 others: %v", to, err)
			}
		}
	}
}

func TestWhatIsTooMuchIsCutOff(t *testing.T) {
	t.Parallel()
	n := noteWith(t, `,"tag":`+many(600, `{"type":"Hashtag","name":"#t%d"}`)+`,"attachment":`+many(60, `{"type":"Image","url":"https://a.example/%d.png"}`)+
		`,"oneOf":`+many(60, `{"name":"`+strings.Repeat("x", 3000)+`%d"},{"name":"x%d"}`)+`,"anyOf":`+many(60, `{"name":"x%d"}`)+`,"name":"`+strings.Repeat("ü", 2000)+`","summary":"`+strings.Repeat("x", 30_000)+`"`)
	if len(n.Tag) != 500 || len(n.Attachment) != 50 || len(n.OneOf) != 26 || len(n.OneOf[0].Name) != 1000 || len(n.AnyOf) != 0 {
		t.Errorf("%d tags, %d attachments, %d and %d answers", len(n.Tag), len(n.Attachment), len(n.OneOf), len(n.AnyOf))
	}
	if tags := n.Hashtags(); len(tags) != 100 || tags[99] != "t99" {
		t.Errorf("hashtags %q", tags)
	}
	if len(n.Name) != 2048 || strings.Trim(string(n.Name), "ü") != "" || len(n.Summary) != 20<<10 {
		t.Errorf("a title of %d and a summary of %d bytes", len(n.Name), len(n.Summary))
	}
	long := strings.Repeat("ü", 2000)
	a := actorWith(t, `,"name":"`+long+`","summary":"<p>`+strings.Repeat("x", 30_000)+`","attachment":`+many(60, `{"type":"PropertyValue","name":"`+long+`","value":"`+long+`"}`))
	if len(a.Fields) != 50 || len(a.Fields[0].Name) != 2046 || len(a.Fields[0].Value) != 2046 || len(a.Name) != 2048 || len(a.Summary) != 20<<10 {
		t.Errorf("%d fields of %d and %d bytes, a name of %d, a summary of %d", len(a.Fields), len(a.Fields[0].Name), len(a.Fields[0].Value), len(a.Name), len(a.Summary))
	}
}

func TestHashtagsAreWordsOfAHumanLength(t *testing.T) {
	t.Parallel()
	n := noteWith(t, `,"tag":[{"type":"Hashtag","name":"#A"},{"type":"Hashtag","name":"a"},{"type":"Hashtag","name":"#"},
		{"type":"Hashtag","name":"#`+strings.Repeat("b", 101)+`"},{"type":"Mention","name":"c"},{"type":"Hashtag","name":"#d"}]`)
	if got := n.Hashtags(); strings.Join(got, " ") != "a d" {
		t.Errorf("hashtags %q", got)
	}
}

func TestLanguagesHaveShortCodesAndAreFew(t *testing.T) {
	t.Parallel()
	n := noteWith(t, `,"contentMap":{"`+strings.Repeat("x", 36)+`":"long","de":"hallo","":"none"}`)
	if len(n.ContentMap) != 1 || n.Language() != "de" || n.Content != "hallo" {
		t.Errorf("%v, %q", n.ContentMap, n.Content)
	}
	all := strings.Trim(strings.ReplaceAll(many(30, `"l%d":"x"`), `]`, ""), "[")
	if n := noteWith(t, `,"contentMap":{`+all+`}`); len(n.ContentMap) != 20 || n.ContentMap["l0"] != "x" {
		t.Errorf("%d languages", len(n.ContentMap))
	}
}

func TestTimesThatNobodyPostsAtAreNone(t *testing.T) {
	t.Parallel()
	for sent, kept := range map[string]bool{
		"1970-01-01T00:00:00Z": true, "2200-12-31T23:59:59Z": true, "2026-11-23T00:00:00+02:00": true,
		"1969-12-31T23:59:59Z": false, "1970-01-01T00:30:00+01:00": false, "2201-01-01T00:00:00Z": false, "0000-01-01T00:00:00Z": false, "9999-12-31T23:59:59Z": false,
	} {
		if n := noteWith(t, `,"published":"`+sent+`","updated":"`+sent+`"`); n.Published.IsZero() == kept || n.Updated.IsZero() == kept {
			t.Errorf("%s is %v", sent, n.Published)
		}
	}
}

func TestIDsThatCannotBeStoredAreNone(t *testing.T) {
	t.Parallel()
	long := `"https://a.example/` + strings.Repeat("x", limits.ID) + `"`
	n := noteWith(t, `,"inReplyTo":`+long+`,"to":[{"id":`+long+`,"href":"https://a.example/2"},"https://a.example/3"],"context":`+long+`,"tag":{"type":"Mention","href":`+long+`}`)
	if n.InReplyTo != nil || len(n.To) != 1 || n.Thread.ID != "" || n.Mentions() != nil {
		t.Errorf("%.200q", fmt.Sprint(n.InReplyTo, n.To, n.Thread.ID, n.Mentions()))
	}
	e, err := activity.ReadEnvelope([]byte(`{"id":` + long + `,"type":"Like","actor":"https://a.example/u","object":` + long + `}`))
	if err != nil || e.ID != "" || e.Object.ID != "" {
		t.Errorf("%.100q, %.100q, %v", e.ID, e.Object.ID, err)
	}
}

// Postgres refuses in jsonb NUL, halves of surrogate pairs, and numbers beyond its
// own; invalid UTF-8 anywhere.
var unkept = regexp.MustCompile(`(?i)\\u0000|\\ud[89a-f]|[0-9]e[+-]?[0-9]`)

func TestWhatIsStoredIsJSONThatPostgresKeeps(t *testing.T) {
	t.Parallel()
	const bad = `{"id":"https://a.example/x","x":"\ud800","\udc00":1e999999,"y":["\ud83d"]}`
	const context = `{"x":"\ud800","\udc00":1e999999,"y":["\ud83d"]}`
	n := noteWith(t, `,"@context":`+context+`,"context":`+bad+`,"conversation":"\ud800","content":"a\udfff &#0; &#xd800;","name":"&#0;\ud800 &lt;","summary":"\ud800",
		"contentMap":{"\ud800":"\ud800"},"source":{"content":"\ud800","mediaType":1e999999},"inReplyTo":`+bad+`,"to":`+bad+`,"url":"https://a.example/\ud800",
		"tag":{"type":"\ud800","href":"\ud800","name":1e999999},"attachment":{"type":"\ud800","url":"\ud800"},"oneOf":{"name":"\ud800","replies":{"totalItems":1e999999}},"other":`+bad)
	a := actorWith(t, `,"@context":`+context+`,"movedTo":`+bad+`,"outbox":`+bad+`,"followers":`+bad+`,"following":`+bad+`,"featured":`+bad+`,"name":"\ud800","summary":"&#0;\ud800",
		"attachment":{"type":"\ud800","name":"\ud800","value":"\ud800"},"publicKey":{"id":"https://a.example/u#k","publicKeyPem":"\ud800"},"endpoints":{"sharedInbox":"\ud800"},
		"attributedTo":`+bad+`,"alsoKnownAs":`+bad+`,"icon":{"url":`+bad+`},"webfinger":"\ud800"`)
	if n.Thread.ID != "https://a.example/x" || a.MovedTo.ID != "https://a.example/x" || a.Outbox.ID != "https://a.example/x" {
		t.Errorf("thread %q, moved to %q, outbox %q", n.Thread.ID, a.MovedTo.ID, a.Outbox.ID)
	}
	for _, noun := range []any{n, a} {
		raw, err := json.Marshal(noun)
		if at := unkept.FindIndex(raw); err != nil || at != nil || strings.ContainsRune(string(raw), 0) {
			t.Errorf("%v at %v in %s", err, at, raw)
		}
	}
}
