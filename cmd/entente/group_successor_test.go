package main

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

func TestWhoGoesOnWithAGroupIsDecidedByCommand(t *testing.T) {
	t.Parallel()
	env := acme(t)
	does(t, env, "member", "add", "alice", "--email", "alice@acme.example")
	if out := does(t, env, "group", "successors"); !strings.Contains(out, "No group has named a successor.") {
		t.Error(out)
	}
	db := open(t, env)
	alice, err := db.ActorByHandle(t.Context(), "alice", "")
	if err != nil {
		t.Fatal(err)
	}
	err = db.InTx(t.Context(), func(tx *store.Tx) error {
		doc := alice.Actor
		doc.ID, doc.Type, doc.Username, doc.Name = "https://acme.example/groups/atlas", "Group", "atlas", "Atlas"
		doc.Inbox.ID, doc.PublicKey, doc.AssertionMethod = doc.ID+"/inbox", nil, nil
		group, err := tx.PutActor(t.Context(), store.Actor{Actor: doc, Host: alice.Host, Local: true})
		if err != nil {
			return err
		}
		if err := tx.PutGroup(t.Context(), store.Group{Actor: group.Key, Access: activity.AccessOpen, Companies: []string{}}); err != nil {
			return err
		}
		if _, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Owner, Actor: alice.Key, Object: group.Key, Accepted: true}); err != nil {
			return err
		}
		_, err = tx.LearnSuccession(t.Context(), store.Succession{Group: group.Key, Version: 1, Successor: "https://globex.example/actor", Silence: 14, Named: []byte("{}")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if out := does(t, env, "group", "successors"); !strings.Contains(out, "https://globex.example/actor") || !strings.Contains(out, "offered") {
		t.Error(out)
	}
	for want, args := range map[string][]string{
		"is not a partner":         {"group", "name", "atlas", "globex.example"},
		"no company has accepte":   {"group", "hand-over", "atlas"},
		"knows no group \"nothing": {"group", "name", "nothing", "globex.example"},
		"lives here, not":          {"group", "accept", "https://acme.example/groups/atlas"},
		"knows no group \"https":   {"group", "claim", "https://globex.example/groups/atlas"},
	} {
		if s := entente(t, env, args...); s.code == 0 || !strings.Contains(s.errs, want) {
			t.Errorf("%v: %d %s", args, s.code, s.errs)
		}
	}
}
