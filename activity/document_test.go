package activity_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

func TestCheckDocument(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for name, tc := range map[string]struct{ raw, reason string }{
		"an object":                           {` {"a":[1,{"b":null}],"c":1e999} `, ""},
		"as deep as allowed":                  {deep(limits.Depth), ""},
		"one level deeper":                    {deep(limits.Depth + 1), "too_deep"},
		"lists one level deeper":              {`{"a":` + strings.Repeat("[", limits.Depth) + strings.Repeat("]", limits.Depth) + "}", "too_deep"},
		"@graph":                              {`{"@graph":[]}`, "reframed"},
		"@included, written with an escape":   {`{"\u0040included":[]}`, "reframed"},
		"@reverse inside a context":           {`{"@context":{"x":{"@reverse":"y"}}}`, "reframed"},
		"@graph deep inside":                  {`{"a":[{"b":{"@graph":1}}]}`, "reframed"},
		"@graph as a value":                   {`{"a":"@graph"}`, ""},
		"a context with another actor":        {`{"@context":["https://www.w3.org/ns/activitystreams",{"actor":"as:attributedTo"}],"actor":1}`, "reframed"},
		"an actor that is nothing":            {`{"@context":{"actor":null}}`, "reframed"},
		"an object of another vocabulary":     {`{"@context":{"object":{"@id":"https://evil.example/object","@type":"@id"}}}`, "reframed"},
		"a recipient without an @id":          {`{"@context":{"to":{"@type":"@id"}}}`, "reframed"},
		"an actor as a list":                  {`{"@context":{"actor":["as:actor"]}}`, "reframed"},
		"an actor by a prefix that moved":     {`{"@context":{"as":"https://evil.example/#","actor":"as:actor"}}`, "reframed"},
		"an actor with an escape":             {`{"@context":{"\u0061ctor":"as:object"}}`, "reframed"},
		"a Follow that is a Block":            {`{"@context":{"Follow":"as:Block"}}`, "reframed"},
		"an id that is a type":                {`{"@context":{"id":"@type"}}`, "reframed"},
		"another actor for one type":          {`{"@context":{"Zip":{"@id":"x:Zip","@context":{"actor":"x:actor"}}}}`, "reframed"},
		"a context deep inside":               {`{"object":[{"@context":{"x":"y:","to":"y:to"}}]}`, "reframed"},
		"the @id of a term beside it":         {`{"@context":{"actor":{"a":{"@id":"as:actor"}}}}`, "reframed"},
		"terms with their own meaning":        {`{"@context":[{"as":"https://www.w3.org/ns/activitystreams#","id":"@id","type":"@type","actor":"as:actor","to":{"@type":"@id","@id":"as:to"},"object":{"@id":"https://www.w3.org/ns/activitystreams#object"}}],"actor":"as:x"}`, ""},
		"terms that are of no one's making":   {`{"@context":{"location":{"@id":"sc:location","@type":"sc:Place"},"icons":"as:icon","Hashtag":"as:Hashtag"}}`, ""},
		"the same name twice":                 {`{"a":1,"a":2}`, "name_twice"},
		"the same name twice, deep inside":    {`{"x":[{"a":1,"a":2}]}`, "name_twice"},
		"names that Go takes for one":         {`{"actor":1,"Actor":2}`, "name_twice"},
		"an escape that makes a name a twin":  {`{"actor":1,"\u0061ctor":2}`, "name_twice"},
		"names in a context, in two cases":    {`{"@context":[{"emoji":"a","Emoji":{"b":1,"B":2}}],"b":1}`, ""},
		"a name twice in a context":           {`{"@context":{"a":1,"a":2}}`, "name_twice"},
		"names of the same case elsewhere":    {`{"a":{"b":1},"c":{"B":1}}`, ""},
		"after a context the rule is back":    {`{"@context":{"a":1,"A":2},"b":1,"B":2}`, "name_twice"},
		"a property that we read, shouted":    {`{"OBJECT":"x"}`, "name_in_other_case"},
		"deep inside":                         {`{"object":{"tag":[{"Href":"x"}]}}`, "name_in_other_case"},
		"written with an escape":              {`{"\u0043C":[]}`, "name_in_other_case"},
		"with a rune that Go folds":           {"{\"cla\u017fs\":1,\"in\u0052eplyTo\":1,\"u\u017fer\":2,\"\u017fummary\":1}", "name_in_other_case"},
		"@Context":                            {`{"@Context":1}`, "name_in_other_case"},
		"Items, which only policy reads":      {`{"Items":[]}`, "name_in_other_case"},
		"a property that nobody reads":        {`{"Zip":1}`, ""},
		"shouted inside a context":            {`{"@context":{"OBJECT":{"@id":"as:object"}}}`, ""},
		"more properties than anything has":   {`{"x":{` + manyNames(1001) + `}}`, "many_names"},
		"as many properties as are taken":     {`{"x":{` + manyNames(1000) + `}}`, ""},
		"a late twin among many":              {`{` + manyNames(40) + `,"n3":1}`, "name_twice"},
		"a twin of the first, after few":      {`{` + manyNames(16) + `,"N0":1}`, "name_twice"},
		"a list":                              {`[{"a":1}]`, "bad_json"},
		"a string":                            {`"a"`, "bad_json"},
		"nothing":                             {``, "bad_json"},
		"two objects":                         {`{}{}`, "bad_json"},
		"an object that does not end":         {`{"a":[1`, "bad_json"},
		"a name that does not end":            {`{"a`, "bad_json"},
		"a quote at the end":                  {`{"`, "bad_json"},
		"an escape that does not end":         {`{"a\`, "bad_json"},
		"an escape that is none":              {`{"\x":1}`, "bad_json"},
		"more closed than opened":             {`{}}`, "bad_json"},
		"a name in a rune that Go folds":      {"{\"kind\":1,\"\u212Aind\":2}", "name_twice"},
		"a name that is only like another":    {"{\"kind\":1,\"kínd\":2}", ""},
		"brackets that do not match":          {`{"a":[1}]`, "bad_json"},
		"a comma too many":                    {`{"a":[1,]}`, "bad_json"},
		"a comma too few":                     {`{"a":1 "b":2}`, "bad_json"},
		"a name that is a number":             {`{1:2}`, "bad_json"},
		"bytes that are not UTF-8":            {"{\"a\":\"\xff\"}", "bad_json"},
		"ten thousand levels that do not end": {strings.Repeat(`{"a":`, 10_000), "too_deep"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := activity.CheckDocument([]byte(tc.raw))
			if (tc.reason == "") != (err == nil) || err != nil && activity.FaultOf(err).Reason != tc.reason {
				t.Fatalf("err = %v, want %q", err, tc.reason)
			}
		})
	}
}

func manyNames(n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf(`"n%d":%d`, i, i))
	}
	return strings.Join(names, ",")
}

func TestEveryRecordedDocumentPassesInspection(t *testing.T) {
	t.Parallel()
	folder := fixtures(t)
	n := 0
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasPrefix(strings.TrimSpace(string(raw)), "{") {
			n++
			if err := activity.CheckDocument(raw); err != nil {
				t.Errorf("%s: %v", filepath.Base(path), err)
			}
		}
		return nil
	})
	if err != nil || n < 400 {
		t.Errorf("tried %d documents: %v", n, err)
	}
}

func fixtures(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("ENTENTE_FIXTURES")
	if folder == "" {
		t.Skip("ENTENTE_FIXTURES does not name the folder of recorded documents, so they are not tried")
	}
	return folder
}

func BenchmarkCheckDocument(b *testing.B) {
	raw := []byte(`{"@context":"x","items":[` + strings.Repeat(`{"id":"https://a.example/1","type":"Note","to":["b","c"]},`, 200) + `{}]}`)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if err := activity.CheckDocument(raw); err != nil {
			b.Fatal(err)
		}
	}
}
