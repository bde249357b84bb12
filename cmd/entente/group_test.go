package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation/export"
	"entente.example/entente/store"
)

func TestAGroupIsExportedIntoAFolder(t *testing.T) {
	t.Parallel()
	env, ctx := acme(t), t.Context()
	does(t, env, "member", "add", "alice", "--email", "alice@acme.example")
	db := open(t, env)
	change(t, db, func(tx *store.Tx) error {
		id := activity.ID("https://globex.example/groups/board")
		g, err := tx.PutActor(ctx, store.Actor{Host: "globex.example", Actor: activity.Actor{ID: id, Type: "Group", Username: "board", Name: "\x1b[31mBoard", Inbox: activity.Ref{ID: id + "/inbox"}}})
		if err != nil {
			return err
		}
		alice, err := tx.ActorByHandle(ctx, "alice", "")
		if err != nil {
			return err
		}
		_, err = tx.PutEdge(ctx, store.Edge{Kind: store.Membership, Actor: alice.Key, Object: g.Key, Accepted: true})
		return err
	})
	parent := t.TempDir()
	dir := filepath.Join(parent, "board")
	fails(t, exitMisuse, "--to: name the folder", env, "group", "export", "board@globex.example")
	fails(t, exitMisuse, `knows no group "atlas"`, env, "group", "export", "atlas", "--to", dir)
	fails(t, exitMisuse, `knows no group "alice"`, env, "group", "export", "alice", "--to", dir)
	out := does(t, env, "group", "export", "@board@globex.example", "--to", dir)
	if !strings.Contains(out, "0 posts, 1 member and 0 files; 0 more are not with this company.") {
		t.Errorf("it says %q", out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	var m export.Manifest
	if err != nil || json.Unmarshal(text, &m) != nil || m.About != "https://globex.example/groups/board" || m.Lines("members") != 1 {
		t.Errorf("the manifest is %s, %v", text, err)
	}
	fails(t, exitFailed, "there is something at", env, "group", "export", "https://globex.example/groups/board", "--to", dir)
	if left, _ := os.ReadDir(parent); len(left) != 1 {
		t.Errorf("beside it there is %v", left)
	}
	if out := does(t, env, "audit", "list"); !strings.Contains(out, "group.exported") || !strings.Contains(out, "operator") {
		t.Errorf("the audit log says %q", out)
	}
}
