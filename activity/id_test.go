package activity_test

import (
	"encoding/json"
	"slices"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

func TestOneOrManyReadsEveryShapeThatIsSent(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]activity.IDs{
		`"a"`:                          {"a"},
		`["a","b"]`:                    {"a", "b"},
		`{"id":"a","type":"Person"}`:   {"a"},
		`["a",{"id":"b"},null,7,true]`: {"a", "b"},
		`{"type":"Link","href":"a"}`:   {"a"},
		`null`:                         nil,
		`[]`:                           nil,
		`{"id":7}`:                     nil,
		`[["a"]]`:                      nil,
	} {
		var got activity.IDs
		if err := json.Unmarshal([]byte(sent), &got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s reads as %q, %v; want %q", sent, got, err, want)
		}
	}
}

func TestHostsAreComparedInOneSpelling(t *testing.T) {
	t.Parallel()
	for id, want := range map[activity.ID]string{
		"https://Acme.Example/u":          "acme.example",
		"https://acme.example./u":         "acme.example",
		"https://acme.example:443/u":      "acme.example",
		"http://acme.example:80/u":        "acme.example",
		"https://acme.example:8443/u":     "acme.example:8443",
		"http://acme.localhost:8080/u":    "acme.localhost:8080",
		"https://bücher.example/u":        "xn--bcher-kva.example",
		"https://user:pass@acme.example/": "",
		"ftp://acme.example/":             "",
		"https:///x":                      "",
		"https://a b/":                    "",
		"urn:uuid:1":                      "",
		"":                                "",
	} {
		if got := id.Host(); got != want {
			t.Errorf("the host of %q is %q, want %q", id, got, want)
		}
	}
}

func TestOnlyTheSameOriginVouches(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b activity.ID
		same bool
	}{
		{"https://a.example/1", "https://a.example/2", true},
		{"https://a.example/1", "https://A.example:443/2", true},
		{"https://a.example/1", "http://a.example/1", false},
		{"https://a.example/1", "https://a.example:8443/1", false},
		{"https://a.example/1", "https://b.a.example/1", false},
		{"", "", false},
		{"urn:x", "urn:x", false},
	} {
		if got := activity.SameOrigin(tc.a, tc.b); got != tc.same {
			t.Errorf("SameOrigin(%q, %q) = %v", tc.a, tc.b, got)
		}
	}
}

func TestNoDocumentMeansTwoThings(t *testing.T) {
	t.Parallel()
	deep := func(n int) string {
		s := `1`
		for range n {
			s = `{"a":` + s + `}`
		}
		return s
	}
	for doc, reason := range map[string]string{
		`{"a":1}`:                        "",
		" \n{\"a\":1}\n":                 "",
		deep(limits.Depth):               "",
		deep(limits.Depth + 1):           "too_deep",
		`{"@context":{"Zip":1,"zip":2}}`: "",
		`{"actor":1,"Actor":2}`:          "name_twice",
		`{"object":{"id":1,"ID":2}}`:     "name_twice",
		`{"actor":1,"actor":2}`:          "name_twice",
		`{"@graph":[]}`:                  "reframed",
		`{"object":{"@reverse":{}}}`:     "reframed",
		`[]`:                             "bad_json",
		`{"a":1}{"b":2}`:                 "bad_json",
		`{"a":`:                          "bad_json",
		`{"a":"\u0000"}`:                 "bad_json",
		`{"a":"\\u0000"}`:                "",
		`{"a":"\\\u0000"}`:               "bad_json",
		"{\"a\":\"\xff\"}":               "bad_json",
		``:                               "bad_json",
	} {
		err := activity.CheckDocument([]byte(doc))
		if (err == nil) != (reason == "") || err != nil && activity.FaultOf(err).Reason != reason {
			t.Errorf("%.60s: %v, want %q", doc, err, reason)
		}
	}
}

func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{`{"id":"https://a.example/1","type":"Note","attributedTo":"https://a.example/u","content":"<p>x</p>"}`,
		`{"type":["Person","x"],"id":"https://a.example/u","inbox":"https://a.example/i","preferredUsername":"u","publicKey":[{"id":"https://a.example/u#k"}]}`,
		`{"type":"Create","actor":{"id":"https://a.example/u"},"object":[{}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if e, err := activity.ReadEnvelope(raw); err == nil && (e.Type == "" || e.Actor.ID.Host() == "") {
			t.Errorf("an activity without type or actor: %q", raw)
		}
		if a, err := activity.ReadActor(raw); err == nil && !activity.SameOrigin(a.ID, a.Inbox.ID) {
			t.Errorf("an actor with a foreign inbox: %q", raw)
		}
		if n, err := activity.ReadNote(raw); err == nil {
			if !activity.SameOrigin(n.ID, n.Author()) {
				t.Errorf("a note of a foreign author: %q", raw)
			}
			if again := activity.Sanitise(string(n.Content)); activity.Sanitise(again) != again {
				t.Errorf("sanitising is not stable: %q", again)
			}
		}
	})
}
