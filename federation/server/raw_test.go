package server_test

import (
	"database/sql"
	"strings"
	"testing"

	"entente.example/entente/federation"
)

// texts counts what is kept of a word in the activities, and those that are known.
func (c *company) texts(word string) (kept, all int) {
	c.t.Helper()
	db, err := sql.Open("pgx", c.dsn)
	c.do(err)
	defer db.Close()
	c.do(db.QueryRowContext(c.t.Context(), "SELECT count(*) FILTER (WHERE raw LIKE '%'||$1||'%'), count(*) FROM activities", word).Scan(&kept, &all))
	return kept, all
}

func TestTheTextOfWhatIsDeletedIsNotKept(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, bea := guest(t)
	atlas := acme.opens(alice, "Atlas", "*")
	acme.takes(globex, map[string]any{"id": bea + "#join", "type": "Join", "actor": bea, "object": atlas.ID})
	create := globex.into(bea, "/notes/1", atlas.ID)
	note := create["object"].(map[string]any)
	note["content"] = "plaintext"
	acme.takes(globex, create)
	note["updated"] = "2100-01-01T00:00:00Z"
	acme.takes(globex, map[string]any{"id": bea + "#update", "type": "Update", "actor": bea, "object": note})
	if kept, _ := acme.texts("plaintext"); kept < 4 { // each of them, and as the group has announced it
		t.Fatalf("the text is in %d activities", kept)
	}
	_, before := acme.texts("")
	globex.serve("/notes/1", status(410))
	acme.takes(globex, map[string]any{"id": bea + "#delete", "type": "Delete", "actor": bea, "object": globex.id("/notes/1")})
	if kept, all := acme.texts("plaintext"); kept != 0 || all <= before {
		t.Errorf("of what a guest has deleted the text is in %d activities; %d are known, of %d", kept, all, before)
	}
	create["id"] = bea + "#late"
	acme.takes(globex, create)
	if kept, _ := acme.texts("plaintext"); kept != 0 {
		t.Errorf("of what comes too late it is in %d", kept)
	}

	ours, err := acme.Post(ctx, alice, federation.Draft{Text: "plaintext"})
	acme.do(err)
	said := acme.said()
	acme.do(acme.Delete(ctx, alice, ours))
	if kept, _ := acme.texts("plaintext"); kept != 0 {
		t.Errorf("of what one of ours has deleted it is in %d", kept)
	}
	if got, _ := acme.get(globex, bea, "/activities/"+said[0].Key.String()); got != 404 {
		t.Errorf("the activity that it came by is answered %d", got)
	}
	if gone := acme.said(); len(gone) != 1 || !strings.Contains(string(gone[0].Raw), `"Tombstone"`) {
		t.Errorf("to be delivered is %+v", gone)
	}

	acme.takes(globex, globex.create(bea, "/notes/2", "plaintext"), map[string]any{"id": bea + "#bye", "type": "Delete", "actor": bea, "object": bea})
	if kept, _ := acme.texts("plaintext"); kept != 0 {
		t.Errorf("of what somebody wrote who is gone it is in %d", kept)
	}
}

func TestADeliveryOfWhatIsDeletedMeanwhileBringsNothing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, _ := guest(t)
	ours, err := acme.Post(ctx, alice, federation.Draft{Text: "plaintext"})
	acme.do(err)
	acme.do(acme.Delete(ctx, alice, ours)) // before the first is on its way
	pump(t, acme)
	if got := globex.answers(string(ours.ID)); len(got) == 0 || strings.Contains(strings.Join(got, " "), "Create") {
		t.Errorf("delivered were %q", got)
	}
}
