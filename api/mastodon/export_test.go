package mastodon_test

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/export"
	"entente.example/entente/store"
)

func TestWhoLooksAfterAGroupTakesItOut(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob, nora := c.hire("alice"), c.hire("bob"), c.hire("nora")
	group := id(alice.does("POST", "/api/entente/v1/groups", "display_name", "Atlas", "access", "secret").object())
	alice.does("PUT", "/api/entente/v1/groups/"+group+"/invitations/"+bob.Key.String())
	bob.does("POST", "/api/entente/v1/groups/"+group+"/join")
	alice.post("the minutes", "group_id", group)
	at := "/api/entente/v1/groups/" + group + "/export"

	bob.asks("GET", at).refused(http.StatusForbidden, "not_a_moderator")
	if a, missing := nora.asks("GET", at), nora.asks("GET", "/api/entente/v1/groups/7/export"); !a.isLike(missing) || a.StatusCode != http.StatusNotFound {
		t.Errorf("who may not know of it gets %d %s", a.StatusCode, a.body)
	}
	alice.with("read:statuses").asks("GET", at).is(http.StatusForbidden)

	a := alice.asks("GET", at).is(http.StatusOK)
	if a.Header.Get("Content-Type") != "application/x-tar" || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("it is sent as %v", a.Header)
	}
	files := untar(t, a.body)
	var m export.Manifest
	if err := json.Unmarshal([]byte(files["manifest.json"]), &m); err != nil || m.Lines("posts") != 1 || m.Lines("members") != 2 || m.By != "acme.example" {
		t.Errorf("the manifest is %+v, %v", m, err)
	}
	if !strings.Contains(files["posts.jsonl"], "the minutes") || strings.Contains(a.body, "email") {
		t.Errorf("the posts are %s", files["posts.jsonl"])
	}
	atlas, err := c.db.ActorByKey(t.Context(), key(t, group))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := c.db.Audited(t.Context(), string(atlas.ID), time.Now().Add(-time.Hour), 1)
	if err != nil || len(lines) != 1 || lines[0].Who != "alice@acme.example" || lines[0].What != "group.exported" {
		t.Errorf("the audit log has %+v, %v", lines, err)
	}
	alice.asks("GET", at).refused(http.StatusTooManyRequests, "too_fast")
	c.tx(func(tx *store.Tx) error { // bob looks after it now: the place of others is not theirs
		_, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Moderator, Actor: bob.Key, Object: key(t, group), Accepted: true})
		return err
	})
	var ends []func()
	for range limits.Exports {
		end, err := c.engine.BeginExport(store.Actor{Key: store.NewKey(time.Now())})
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	bob.asks("GET", at).refused(http.StatusTooManyRequests, "many_exports")
	for _, end := range ends {
		end()
	}
	bob.asks("GET", at).is(http.StatusOK)
}

func key(t *testing.T, text string) store.Key {
	t.Helper()
	k, err := store.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func untar(t *testing.T, body string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for r := tar.NewReader(strings.NewReader(body)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = string(content)
	}
}

// Whoever is shut out while the tar goes out gets no more of it, and can see that.
func TestAnExportEndsWithTheRightToIt(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, ctx := c.hire("alice"), t.Context()
	group := id(alice.does("POST", "/api/entente/v1/groups", "display_name", "Atlas").object())
	c.tx(func(tx *store.Tx) error { // more than lines and buffers hold
		for i := range 4000 {
			n := store.Note{Note: activity.Note{ID: activity.ID(fmt.Sprint(house.URL, "/old/", i)), Type: "Note", AttributedTo: activity.IDs{alice.ID}, Content: activity.Text(strings.Repeat("long ", 1000))},
				Key: store.NewKey(tx.Now), AuthorKey: alice.Key, GroupKey: key(t, group), Admitted: true, Visibility: activity.VisibleFollowers}
			if _, err := tx.PutNote(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
	r := c.request("GET", "/api/entente/v1/groups/"+group+"/export", "", "")
	r.Header.Set("Authorization", "Bearer "+alice.token)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	begin := make([]byte, 1<<10)
	if _, err := io.ReadFull(resp.Body, begin); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("it begins with %d, %v", resp.StatusCode, err)
	}
	c.tx(func(tx *store.Tx) error { return tx.Lock(ctx, alice.Key) })
	rest, err := io.ReadAll(resp.Body)
	if err == nil || strings.Contains(string(rest), "manifest.json") {
		t.Errorf("the rest are %d bytes, to the end: %v", len(rest), err)
	}
}
