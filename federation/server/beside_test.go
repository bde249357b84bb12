package server_test

import (
	"database/sql"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// A process of the version before, beside ours while an instance is upgraded, knows
// these two statements on keys.
const (
	readBefore  = "SELECT pem FROM secrets WHERE actor = $1"
	writeBefore = "INSERT INTO secrets (actor, pem) VALUES ($1, $2) ON CONFLICT (actor) DO UPDATE SET pem = EXCLUDED.pem"
)

func TestAProcessOfTheVersionBeforeReadsAndWritesTheKeyThatItKnows(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	acme.newKeys()
	old, err := sql.Open("pgx", acme.dsn)
	acme.do(err)
	defer old.Close()
	alice := acme.person("alice")
	first, err := acme.db.Secret(t.Context(), alice.Key, store.RSA)
	acme.do(err)
	acme.do(acme.RotateKeys(t.Context(), alice)) // it signs as #main-key for ever
	var pems []string
	rows, err := old.QueryContext(t.Context(), readBefore, int64(alice.Key))
	acme.do(err)
	for rows.Next() {
		var pem string
		acme.do(rows.Scan(&pem))
		pems = append(pems, pem)
	}
	if err := rows.Err(); err != nil || len(pems) != 1 || pems[0] != first.PEM {
		t.Errorf("it reads %d keys, %v", len(pems), err)
	}
	// Whom it hires can sign here.
	id := activity.ID(acme.House.URL + "/users/bob")
	acme.tx(func(tx *store.Tx) error {
		_, err := tx.PutActor(t.Context(), store.Actor{Actor: activity.Actor{ID: id, Type: "Person", Username: "bob"}, Host: acme.House.Host, Local: true})
		return err
	})
	bob := acme.knows(string(id))
	key, err := httpsign.NewKey()
	acme.do(err)
	pem, err := httpsign.EncodePrivateKey(key)
	acme.do(err)
	_, err = old.ExecContext(t.Context(), writeBefore, int64(bob.Key), pem)
	acme.do(err)
	acme.do(acme.Prepare(t.Context())) // the next start
	by, err := acme.Keys(t.Context(), bob)
	if err != nil || by.RSA.KeyID != id+"#main-key" || !key.Equal(by.RSA.Key) || by.Ed25519.Key == nil {
		t.Errorf("he signs as %q, %v", by.RSA.KeyID, err)
	}
}
