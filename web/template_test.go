package web

import "testing"

// Templates are parsed when they are first asked for: what is wrong in one is found here.
func TestEveryPageCanBeParsedInEachLanguage(t *testing.T) {
	t.Parallel()
	all := newCompany(t).web.pages
	if len(all) < 30 {
		t.Fatalf("there are %d pages", len(all))
	}
	for name, parse := range all {
		if _, err := parse(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
