package interop_test

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// A document is one file of the fixtures.
type document struct {
	path string          // "mastodon/follow.json"
	raw  json.RawMessage // with its placeholders filled
	kind kind
}

// software is who wrote it: the folder that it is in.
func (d document) software() string {
	name, _, _ := strings.Cut(d.path, "/")
	return name
}

func (d document) hostile() bool {
	return d.software() == "hostile" || strings.Contains(d.path, "emojireact-invalid-")
}

// kind is what is done with a document.
type kind string

const (
	anActivity kind = "activity" // it is delivered
	anActor    kind = "actor"    // it is served
	aNote      kind = "note"     // it is served
	another    kind = "other"    // it is looked through
)

// kindOf tells them apart as a server has to: by what is in them.
func kindOf(raw json.RawMessage) kind {
	var o struct {
		Type  activity.Names `json:"type"`
		Actor any            `json:"actor"`
	}
	_ = json.Unmarshal(raw, &o) // a list has no type either
	switch {
	case slices.ContainsFunc(o.Type, activity.IsActorType):
		return anActor
	case slices.ContainsFunc(o.Type, activity.IsNoteType):
		return aNote
	case len(o.Type) > 0 && (o.Actor != nil || slices.Contains(listed, o.Type.First())):
		return anActivity
	}
	return another
}

// corpus is every document of the fixtures but the test vectors, by path.
func corpus(t *testing.T) []document {
	t.Helper()
	folder := os.Getenv("ENTENTE_FIXTURES")
	if folder == "" {
		t.Skip("ENTENTE_FIXTURES names no folder with the messages of other servers")
	}
	var all []document
	root := os.DirFS(folder)
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".json" || strings.HasPrefix(name, "vectors/") {
			return err
		}
		raw, err := fs.ReadFile(root, name)
		all = append(all, document{path: name, raw: filled(name, raw)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].kind = kindOf(all[i].raw)
	}
	slices.SortFunc(all, func(a, b document) int { return strings.Compare(a.path, b.path) })
	return all
}

// A library finds recorded objects by their id, embedded ones too.
type library map[activity.ID][]json.RawMessage

// newLibrary takes in all but what is hostile. The longest recording of an object
// comes first: it is the whole one.
func newLibrary(all []document) library {
	l := library{}
	for _, d := range all {
		if !d.hostile() {
			l.add(d.raw, 0)
		}
	}
	for _, known := range l {
		slices.SortFunc(known, func(a, b json.RawMessage) int {
			return cmp.Or(len(b)-len(a), strings.Compare(string(a), string(b)))
		})
	}
	return l
}

func (l library) add(raw json.RawMessage, depth int) {
	var o map[string]json.RawMessage
	var many []json.RawMessage
	if depth > limits.Depth || json.Unmarshal(raw, &many) != nil && json.Unmarshal(raw, &o) != nil {
		return
	}
	for _, v := range many {
		l.add(v, depth+1)
	}
	for name, v := range o {
		if name != "@context" {
			l.add(v, depth+1)
		}
	}
	var id activity.ID
	if json.Unmarshal(o["id"], &id) == nil && id.Host() != "" && activity.TypeOf(raw) != "" {
		l[id] = append(l[id], raw)
	}
}

// find is the best document of an id that is wanted.
func (l library) find(id activity.ID, wanted kind) json.RawMessage {
	for _, raw := range l[id] {
		if kindOf(raw) == wanted {
			return raw
		}
	}
	return nil
}
