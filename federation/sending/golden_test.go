package sending_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What varies from one run to the next.
var (
	numbers = regexp.MustCompile(`\b\d{12,}\b`)
	times   = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)`)
	proofs  = regexp.MustCompile(`("(?:proofValue|publicKeyMultibase)": )"z[1-9A-HJ-NP-Za-km-z]+"`)
	pems    = regexp.MustCompile(`("publicKeyPem": ")-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----\\n"`)
)

// golden is a document as it is kept: pretty, and with names for what varies. The
// terms of our context are kept once, with the person.
func golden(t *testing.T, name string, d document) string {
	t.Helper()
	doc := d.read(t)
	if name != "actor-person" {
		foldTerms(doc)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(doc); err != nil {
		t.Fatal(err)
	}
	s := played.hosts.Replace(b.String())
	s = proofs.ReplaceAllString(s, `$1"<z>"`)
	s = pems.ReplaceAllString(s, `$1<SPKI>"`)
	s = times.ReplaceAllString(s, "<time>")
	seen := map[string]string{}
	return numbers.ReplaceAllStringFunc(s, func(n string) string {
		if seen[n] == "" {
			seen[n] = fmt.Sprintf("<%d>", len(seen)+1)
		}
		return seen[n]
	})
}

// foldTerms puts a name for the terms that every context ends with.
func foldTerms(doc map[string]any) {
	for name, v := range doc {
		if list, ok := v.([]any); ok && name == "@context" {
			if _, ok := list[len(list)-1].(map[string]any); ok {
				list[len(list)-1] = "<terms>"
			}
		}
		if inner, ok := v.(map[string]any); ok {
			foldTerms(inner)
		}
	}
}

func TestWhatWeSendIsWhatWeSentBefore(t *testing.T) {
	t.Parallel()
	docs := documents(t)
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, ok := docs[strings.TrimSuffix(filepath.Base(file), ".json")]; !ok {
			t.Errorf("%s is of no document that we send", file)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		got, file := golden(t, name, docs[name]), filepath.Join("testdata", name+".json")
		if strings.Contains(got, "localhost") {
			t.Errorf("%s still has what varies:\n%s", name, got)
		}
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != got {
			t.Errorf("%s is now\n%s", name, got)
		}
	}
}
