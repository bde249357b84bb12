package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

func hosts(doc string) (found []string) {
	for _, m := range policy.Mentioned([]byte(doc)) {
		found = append(found, m.Host)
	}
	return found
}

func TestPolicySeesWhateverOurReadersTakeForAnID(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value string
		want  activity.ID
	}{
		"a link without a type":           {`{"href":"https://x.example/1"}`, "https://x.example/1"},
		"an id that is no string":         {`{"id":7,"href":"https://x.example/1"}`, "https://x.example/1"},
		"an empty id":                     {`{"id":"","href":"https://x.example/1"}`, ""},
		"an id and a link":                {`{"href":"https://y.example/1","id":"https://x.example/1"}`, "https://x.example/1"},
		"a name with an escape":           {`{"\u0069d":"https://x.example/1"}`, "https://x.example/1"},
		"the first of many":               {`[null,{},{"href":"https://x.example/1"}]`, "https://x.example/1"},
		"a scheme that shouts":            {`"HTTPS://x.example"`, "HTTPS://x.example"},
		"an object that looks like a tag": {`{"type":"Hashtag","id":"https://x.example/1"}`, "https://x.example/1"},
	} {
		e, err := activity.ReadEnvelope([]byte(`{"type":"Add","actor":"https://a.example/u","to":` + tc.value + `}`))
		if err != nil || e.To.First() != tc.want {
			t.Errorf("%s is addressed to %q, %v", name, e.To, err)
		}
		for _, place := range []string{`"to":%s`, `"object":{"object":[%s]}`, `"inReplyTo":[[%s]]`} {
			found := hosts(fmt.Sprintf(`{`+place+`}`, tc.value))
			if tc.want != "" && !slices.Contains(found, "x.example") {
				t.Errorf("%s: policy sees %q in %s", name, found, place)
			}
		}
	}
}

func TestTagsNameWhomTheyMention(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		`{"type":"Mention","href":"https://m.example/"}`:                           "m.example",
		`{"href":"https://m.example/"}`:                                            "m.example",
		`{"id":"https://a.example/","type":"Mention","href":"https://m.example/"}`: "a.example m.example", // the link is what notifies
		`{"href":"https://h.example/","type":"Hashtag"}`:                           "",
		`{"id":"https://h.example/","type":"Emoji"}`:                               "",
		`{"href":"https://h.example/","type":["Hashtag"]}`:                         "h.example", // no hashtag to our readers
		`{"href":"https://h.example/","type":"hashtag"}`:                           "h.example",
	} {
		for _, doc := range []string{`{"tag":` + tag + `}`, `{"object":{"tag":[` + tag + `]}}`} {
			if got := strings.Join(hosts(doc), " "); got != want {
				t.Errorf("%s names %q, want %q", doc, got, want)
			}
		}
	}
}

func TestAnIDThatIsNoneHidesNoHost(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"https://x.example/%zz", "https://x.example/" + strings.Repeat("x", limits.ID), "https://u@x.example/1", "https://x.example:/ 1"} {
		if got := hosts(`{"to":["` + first + `","https://x.example/1"]}`); !slices.Equal(got, []string{"x.example"}) {
			t.Errorf("after %.50q there is %q", first, got)
		}
	}
	if m := policy.Mentioned([]byte(`{"type":["Create","x"],"object":{"inReplyTo":{"id":"https://x.example/"}}}`)); len(m) != 1 || m[0].Place != "Create object inReplyTo id" {
		t.Errorf("found at %+v", m)
	}
}

func TestWhatCannotBeLookedThroughIsRefused(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if err := db.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.PutPartner(t.Context(), store.Partner{Host: "x.example", Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()})
	}); err != nil {
		t.Fatal(err)
	}
	gate := policy.New(db, false, "acme.example")
	var spellings []string
	for i := range 3000 {
		spellings = append(spellings, fmt.Sprintf(`"https://x.example:%d"`, i))
	}
	for doc, reason := range map[string]string{
		`{"to":["https://x.example/1","https://x.example/2"]}`: "",
		`{"to":"https://y.example/1"}`:                         policy.NotAPartner,
		`{"to":"https://x.example/1"`:                          "bad_json",
		``:                                                     "bad_json",
		`{"to":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`:                            "too_deep",
		strings.Repeat(`{"object":`, 70) + `"https://y.example/"` + strings.Repeat("}", 70):           "too_deep",
		`{"to":[` + strings.Repeat(`"https://u@x.example/",`, 3000) + `1]}`:                           "",
		`{"to":[` + strings.ReplaceAll(strings.Join(spellings, ","), "https://", "https://u@") + `]}`: "many_hosts",
	} {
		err := gate.AllowAll(t.Context(), policy.Send, []byte(doc))
		if (err == nil) != (reason == "") || err != nil && activity.FaultOf(err).Reason != reason {
			t.Errorf("%.60s: %v, want %q", doc, err, reason)
		}
	}
}

const maxBody = 1 << 20

// hostileBodies are as long as a body may be and made to keep policy busy.
func hostileBodies() map[string][]byte {
	fill := func(property, entry string) []byte {
		return []byte(`{"` + property + `":[` + strings.Repeat(entry+",", (maxBody-100)/(len(entry)+1)) + `1]}`)
	}
	numbered := func(property, format string) []byte {
		b := []byte(`{"` + property + `":[`)
		for i := 0; len(b) < maxBody-100; i++ {
			b = fmt.Appendf(b, format+",", i)
		}
		return append(b, "1]}"...)
	}
	return map[string][]byte{
		"addressees":      fill("to", `"https://a.example/1"`),
		"embedded":        fill("object", `{"id":"https://a.example/1"}`),
		"tags":            fill("tag", `{"type":"Mention","href":"https://a.example/1"}`),
		"empty objects":   fill("object", `{}`),
		"empty lists":     fill("object", `[]`),
		"deepest":         fill("object", strings.Repeat(`{"object":`, 60)+`"x"`+strings.Repeat("}", 60)),
		"deepest lists":   fill("object", strings.Repeat(`[`, 60)+strings.Repeat("]", 60)),
		"one deep":        []byte(strings.Repeat(`{"object":[`, 30) + strings.Repeat(`{"object":"x"},`, 60_000) + "1" + strings.Repeat("]}", 30)),
		"different hosts": numbered("to", `"https://h%d"`),
		"no hosts":        numbered("to", `"https://ü%%%d"`),
		"not on the web":  numbered("to", `"urn:%d"`),
	}
}

func TestBodiesMadeToExhaustPolicyAreAnswered(t *testing.T) {
	t.Parallel()
	for name, raw := range hostileBodies() {
		if n := len(policy.Mentioned(raw)); n > 2_000+1 {
			t.Errorf("%s names %d hosts", name, n)
		}
	}
}

func BenchmarkMentioned(b *testing.B) {
	for name, raw := range hostileBodies() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				policy.Mentioned(raw)
			}
		})
	}
}
