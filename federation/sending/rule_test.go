package sending_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"testing"
)

// rule is something without which a software refuses, or does not understand, what
// we send.
type rule struct {
	what string   // the software asks for
	of   []string // names of documents, as path.Match reads them
	demand
}

// demand is a rule of one document.
type demand struct {
	check func(doc map[string]any) error
	spoil func(doc map[string]any) // breaks it, so that check has to object
}

// hold holds what we send against the rules of a software, and then spoils each
// document against each rule: a rule that does not object then is none.
func hold(t *testing.T, rules []rule) {
	t.Helper()
	docs := documents(t)
	for _, r := range rules {
		t.Run(r.what, func(t *testing.T) {
			for _, pattern := range r.of {
				names := matching(t, docs, pattern)
				if len(names) == 0 {
					t.Errorf("%s is no document that we send", pattern)
				}
				for _, name := range names {
					r.hold(t, name, docs[name])
				}
			}
		})
	}
}

func (r rule) hold(t *testing.T, name string, d document) {
	t.Helper()
	if err := r.check(d.read(t)); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	spoilt := d.read(t)
	r.spoil(spoilt)
	if r.check(spoilt) == nil {
		t.Errorf("%s is spoilt, and the rule does not object", name)
	}
}

func matching(t *testing.T, docs map[string]document, pattern string) (names []string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		ok, err := path.Match(pattern, name)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			names = append(names, name)
		}
	}
	return names
}

// inObject asks the same of the object of an activity.
func inObject(d demand) demand {
	object := func(doc map[string]any) map[string]any {
		o, _ := doc["object"].(map[string]any)
		return o
	}
	return demand{
		check: func(doc map[string]any) error {
			o := object(doc)
			if o == nil {
				return fmt.Errorf("its object is %v, not embedded", doc["object"])
			}
			return d.check(o)
		},
		spoil: func(doc map[string]any) { d.spoil(object(doc)) },
	}
}
