package server_test

import (
	"database/sql"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// goesBack makes Globex keep what it had accepted once as if it had not declined since.
func (o *orphans) goesBack(old store.Succession) {
	o.t.Helper()
	db, err := sql.Open("pgx", o.globex.dsn)
	o.globex.do(err)
	defer db.Close()
	_, err = db.ExecContext(o.t.Context(), "UPDATE successions SET declined = false, version = $1, successor = $2, named = $3, accepted = $4",
		old.Version, string(old.Successor), string(old.Named), string(old.Accepted))
	o.globex.do(err)
}

// Who has declined claims nothing by the acceptance that it and others have kept, whether the
// host has heard of it or not.
func TestWhoHasDeclinedClaimsNothing(t *testing.T) {
	t.Parallel()
	for name, decline := range map[string]func(o *orphans) error{
		"it has not": func(*orphans) error { return nil },
		"while the host is there": func(o *orphans) error {
			return o.globex.AnswerSuccession(o.t.Context(), "admin", o.triangle.there(), false)
		},
		"while the host is silent": func(o *orphans) error {
			o.gone.Store(true)
			return o.globex.AnswerSuccession(o.t.Context(), "admin", o.triangle.there(), false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrphans(t, activity.AccessOpen)
			o.passes(1)
			old, err := o.globex.db.Succession(t.Context(), o.triangle.there().Key)
			o.globex.do(err)
			o.globex.do(decline(o))
			o.pump()
			o.gone.Store(true)
			o.passes(15)
			o.goesBack(old)
			if err := o.claims(); err != nil {
				t.Fatalf("the lie is not told: %v", err)
			}
			if believed := o.moved(o.initech.company) != ""; believed != (name == "it has not") {
				t.Errorf("Initech believes it: %t", believed)
			}
		})
	}
}
