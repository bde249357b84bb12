package worker

import (
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// bothWays is a database as the store has it, and as anybody may write it.
func bothWays(t *testing.T) (*store.Store, *sql.DB) {
	t.Helper()
	dsn := storetest.DSN(t)
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	raw, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return db, raw
}

func TestAttack12HostsThatNobodyKnowsAreForgotten(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, raw := bothWays(t)
	do := func(statement string, args ...any) {
		t.Helper()
		if _, err := raw.ExecContext(ctx, statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	all := func(query string) (names []string) {
		t.Helper()
		rows, err := raw.QueryContext(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		return names
	}
	life := int(limits.HostLife.Seconds())
	do("INSERT INTO hosts (host, dialect) SELECT 'flood' || n || '.test', 'rfc9421' FROM generate_series(1, 5000) AS n")
	for _, host := range []string{"partner.test", "known.test", "waiting.test", "given-up.test", "new.test", "met.test", "heard.test", "ran.test"} {
		do("INSERT INTO hosts (host) VALUES ($1)", host)
	}
	do("UPDATE hosts SET seen_at = now() - $1 * interval '1 second'", life+60)
	do("UPDATE hosts SET seen_at = now() - $1 * interval '1 second' WHERE host = 'new.test'", life-60)
	do("INSERT INTO partners (host, allowed_at) VALUES ('partner.test', now())")
	do(`INSERT INTO actors (key, iri, host, origin, username, type, local, inbox, shared_inbox, doc, fetched_at)
		VALUES (1, 'https://known.test/bea', 'other.test', 'known.test', 'bea', 'Person', false, '', '', '{}', now())`)
	do("INSERT INTO parked (job, kind, payload, host, tries, due_at, reason) VALUES ('1', 'deliver', '', 'waiting.test', 1, now(), '')")
	do("INSERT INTO parked (job, kind, payload, host, tries, due_at, reason, dead_at) VALUES ('2', 'deliver', '', 'given-up.test', 1, now(), '', now())")
	do("INSERT INTO knocks (host, tried, first_at, last_at) SELECT h, '', now() - interval '1 year', now() - s * interval '1 second' FROM (VALUES ('old.test', $1::int), ('new.test', $2)) AS v (h, s)", life+60, life-60)
	do("INSERT INTO first_contacts (note, member, author, domain, at) SELECT n, 1, 1, n || '.test', now() - n * interval '13 hours' FROM generate_series(1, 2) AS n")
	do("INSERT INTO discoveries (domain, host, at) SELECT 'd.test', n || '.test', now() - n * interval '13 hours' FROM generate_series(1, 2) AS n")
	do("INSERT INTO digests (kind, object, origin, digest, people) SELECT 'follow', 1, n || '.test', 0::bit(256), n FROM generate_series(0, 1) AS n")
	do("INSERT INTO actors (key, iri, host, origin, username, type, local, inbox, shared_inbox, doc, fetched_at) VALUES (2, 'https://acme.test/amy', 'acme.test', 'acme.test', 'amy', 'Person', true, '', '', '{}', now())")
	do("INSERT INTO members (actor, email, created_at) VALUES (2, 'amy@acme.test', now())")
	made := time.Now().Add(-limits.UnusedApp - time.Minute)
	for i, name := range []string{"idle", "by itself", "signed in", "signed out", "asked", "new"} {
		if name == "new" {
			made = made.Add(2 * time.Minute)
		}
		do("INSERT INTO apps (key, client_id, secret, name, redirect_uris, scopes, created_at) VALUES ($1, $2, '', $2, '{}', '{}', $3)", i, name, made)
	}
	if err := db.InTx(ctx, func(tx *store.Tx) error {
		return errors.Join(
			tx.PutToken(ctx, store.Token{Hash: []byte("1"), App: 1, Scopes: []string{}}),
			tx.PutToken(ctx, store.Token{Hash: []byte("2"), App: 2, Member: 2, Scopes: []string{}}),
			tx.PutToken(ctx, store.Token{Hash: store.Hash("3"), App: 3, Member: 2, Scopes: []string{}}),
			tx.RevokeToken(ctx, 3, "3"),
			tx.PutCode(ctx, store.Code{Hash: []byte("4"), App: 4, Member: 2, Scopes: []string{}, ExpiresAt: made}))
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.SetDialect(ctx, "heard.test", "rfc9421", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := db.SetSoftware(ctx, "ran.test", "x", "1", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := db.InTx(ctx, func(tx *store.Tx) error { _, err := tx.Succeeded(ctx, "met.test"); return err }); err != nil {
		t.Fatal(err)
	}
	w := New(db, nil, nil, slog.New(slog.NewTextHandler(t.Output(), nil)), nil)
	w.tempo.forget = 0
	for range 2 {
		if err := w.forget(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string][]string{
		"SELECT host FROM hosts ORDER BY host":       {"heard.test", "known.test", "met.test", "new.test", "partner.test", "ran.test", "waiting.test"},
		"SELECT host FROM knocks":                    {"new.test"},
		"SELECT domain FROM first_contacts":          {"1.test"},
		"SELECT host FROM discoveries":               {"1.test"},
		"SELECT origin FROM digests":                 {"1.test"},
		"SELECT job FROM parked ORDER BY job":        {"1", "2"},
		"SELECT name FROM apps ORDER BY key":         {"signed in", "signed out", "asked", "new"},
		"SELECT origin FROM actors WHERE NOT local ": {"known.test"},
	} {
		if got := all(query); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

func TestWhatOthersHaveSentLosesItsTextAfterAWhile(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, raw := bothWays(t)
	old, young := store.NewKey(time.Now().Add(-limits.RawLife-time.Hour)), store.NewKey(time.Now().Add(-limits.RawLife+time.Hour))
	for _, some := range []struct {
		name  string
		key   store.Key
		n     int
		local bool
	}{{"old", old, 2*limits.ForgottenAtOnce + 1, false}, {"young", young, 2, false}, {"ours", old + 1<<20, 2, true}} {
		_, err := raw.ExecContext(ctx, `INSERT INTO activities (key, iri, type, local, outcome, raw, created_at)
			SELECT $1::bigint + n, $2 || n, 'Create', $4, CASE WHEN n % 2 = 0 THEN 'unknown' ELSE 'not_yours' END, '{}', now() FROM generate_series(1, $3::int) AS n`, int64(some.key), some.name, some.n, some.local)
		if err != nil {
			t.Fatal(err)
		}
	}
	w := New(db, nil, nil, slog.New(slog.NewTextHandler(t.Output(), nil)), nil)
	w.tempo.forget = 0
	if err := w.forget(ctx); err != nil {
		t.Fatal(err)
	}
	var kept string
	var all int
	err := raw.QueryRowContext(ctx, "SELECT string_agg(iri, ' ' ORDER BY iri) FILTER (WHERE raw <> ''), count(*) FROM activities").Scan(&kept, &all)
	if want := "ours1 ours2 young1 young2"; err != nil || kept != want || all != 2*limits.ForgottenAtOnce+5 {
		t.Errorf("of %d the text of %s is kept, want %s (%v)", all, kept, want, err)
	}
}
