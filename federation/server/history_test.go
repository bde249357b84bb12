package server_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// revise is an Update of bea's note 1, written minutes after the Create.
func revise(globex *stranger, bea string, minutes int, content string) map[string]any {
	doc := globex.create(bea, "/notes/1", content)
	doc["type"], doc["id"] = "Update", globex.id(fmt.Sprintf("/updates/%d", minutes))
	object := doc["object"].(map[string]any)
	object["published"] = "2026-03-01T10:00:00Z"
	object["updated"] = time.Date(2026, 3, 1, 10, minutes, 0, 0, time.UTC).Format(time.RFC3339)
	return doc
}

// said is what a note has said, oldest first.
func (c *company) versions(id string) []string {
	c.t.Helper()
	versions, err := c.db.Versions(c.t.Context(), c.note(activity.ID(id)))
	var texts []string
	for _, v := range must(c, versions, err) {
		texts = append(texts, string(v.Content))
	}
	return texts
}

func TestEachEditKeepsWhatWasSaidBefore(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	for _, doc := range []map[string]any{globex.create(bea, "/notes/1", "one"), revise(globex, bea, 1, "two"), revise(globex, bea, 2, "three")} {
		globex.send(acme, doc)
		pump(t, acme)
	}
	if got := acme.versions(globex.id("/notes/1")); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Fatalf("it has said %q", got)
	}
}

func TestTheNewerEditStaysInBothOrders(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{1, 2}, {2, 1}} {
		acme, _, globex, bea := guest(t)
		globex.send(acme, globex.create(bea, "/notes/1", "edit 0"))
		pump(t, acme)
		for _, n := range order {
			globex.send(acme, revise(globex, bea, n, fmt.Sprint("edit ", n)))
			pump(t, acme)
		}
		said := acme.versions(globex.id("/notes/1"))
		if last := said[len(said)-1]; last != "edit 2" {
			t.Errorf("in the order %v it says %q", order, last)
		}
	}
}

func TestNewTalliesOfAPollAreNoEdit(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	poll := func(id string, votes int) map[string]any {
		doc := globex.create(bea, "/notes/1", "lunch?")
		doc["id"] = globex.id(id)
		object := doc["object"].(map[string]any)
		object["type"], object["published"] = "Question", "2026-03-01T10:00:00Z"
		object["oneOf"] = []any{map[string]any{"type": "Note", "name": "now", "replies": map[string]any{"type": "Collection", "totalItems": votes}}}
		return doc
	}
	globex.send(acme, poll("/creates/1", 0))
	pump(t, acme)
	tally := poll("/updates/1", 7)
	tally["type"], tally["published"] = "Update", "2026-03-01T11:00:00Z"
	globex.send(acme, tally)
	pump(t, acme)
	n := acme.note(activity.ID(globex.id("/notes/1")))
	if got := acme.versions(globex.id("/notes/1")); len(got) != 1 || n.IsEdited() || n.OneOf[0].Replies.Total != 7 {
		t.Fatalf("it has said %q, edited %t, tally %d", got, n.IsEdited(), n.OneOf[0].Replies.Total)
	}
}

func TestANoteKeepsItsFirstVersionAndTheLastOnes(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	globex.send(acme, globex.create(bea, "/notes/1", "edit 0"))
	pump(t, acme)
	n := acme.note(activity.ID(globex.id("/notes/1")))
	const edits = limits.Versions + 15
	for i := range edits {
		acme.tx(func(tx *store.Tx) error {
			n.Content, n.Updated = activity.Text(fmt.Sprint("edit ", i+1)), activity.At(time.Now())
			_, err := tx.EditNote(t.Context(), n)
			return err
		})
	}
	got := acme.versions(globex.id("/notes/1"))
	if len(got) != limits.Versions+1 || got[0] != "edit 0" || got[1] != fmt.Sprint("edit ", edits-limits.Versions+1) || got[len(got)-1] != fmt.Sprint("edit ", edits) {
		t.Fatalf("%d versions: %q ... %q", len(got), got[:2], got[len(got)-1])
	}
}
