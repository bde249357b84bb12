package activity

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"entente.example/entente/activity/limits"
)

const alice = `"id":"https://a.example/alice","type":"Person","preferredUsername":"alice","inbox":"https://a.example/alice/inbox"`

func TestAnActorOwnsTheKeysThatItListsAndNoOthers(t *testing.T) {
	t.Parallel()
	own := `{"id":"https://a.example/alice#k","type":"Multikey","controller":"https://a.example/alice","publicKeyMultibase":"z6Mk"}`
	for name, tc := range map[string]struct {
		listed string
		want   int
	}{
		"one":                        {own, 1},
		"a list":                     {"[" + own + "]", 1},
		"by reference":               {`["https://a.example/alice#k",` + own + `]`, 1},
		"another controller":         {strings.Replace(own, "alice\",\"publicKey", "bob\",\"publicKey", 1), 0},
		"no controller":              {strings.Replace(own, `"controller":"https://a.example/alice",`, "", 1), 0},
		"an id on another host":      {strings.Replace(own, "a.example/alice#k", "b.example/alice#k", 1), 0},
		"no id":                      {strings.Replace(own, `"id":"https://a.example/alice#k",`, "", 1), 0},
		"a key of another type":      {strings.Replace(own, "Multikey", "JsonWebKey", 1), 0},
		"what is no key at all":      {`[null,7,"x",[]]`, 0},
		"more than anybody can need": {"[" + strings.Repeat(own+",", 200) + own + "]", limits.Keys},
	} {
		a, err := ReadActor(json.RawMessage(fmt.Sprintf(`{%s,"assertionMethod":%s}`, alice, tc.listed)))
		if err != nil || len(a.AssertionMethod) != tc.want || len(a.KeyIDs()) != min(tc.want, 1) {
			t.Errorf("%s: %v, %v", name, a.AssertionMethod, err)
		}
	}
}

func TestWhatAProgramImplementsIsReadInEveryShape(t *testing.T) {
	t.Parallel()
	const href = "https://datatracker.ietf.org/doc/html/rfc9421"
	for generator, want := range map[string]bool{
		`{"type":"Application","implements":[{"href":"` + href + `","name":"x"}]}`: true,
		`{"implements":{"href":"` + href + `"}}`:                                   true,
		`{"implements":[{"href":"` + href + `/"}]}`:                                false,
		`{"implements":["` + href + `"]}`:                                          false,
		`"https://a.example/program"`:                                              false,
		`["https://a.example/program"]`:                                            false,
		`{"implements":7,"name":{}}`:                                               false,
		`null`:                                                                     false,
	} {
		a, err := ReadActor(json.RawMessage(fmt.Sprintf(`{%s,"generator":%s}`, alice, generator)))
		if err != nil || a.Implements(href) != want {
			t.Errorf("%s: %v, %v", generator, a.Implements(href), err)
		}
	}
}

func TestKeysAreWrittenAsOthersReadThem(t *testing.T) {
	t.Parallel()
	a := Actor{ID: "https://a.example/alice", PublicKey: List[PublicKey]{{ID: "k"}}, AssertionMethod: List[Multikey]{{ID: "m"}}}
	raw, err := json.Marshal(a)
	if err != nil || !strings.Contains(string(raw), `"publicKey":{"id":"k"`) || !strings.Contains(string(raw), `"assertionMethod":[{"id":"m"`) {
		t.Errorf("%s, %v", raw, err)
	}
}
