package server_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/server"
	"entente.example/entente/store"
)

// vault is a company with everything that is not for everybody: a group of its
// own with one guest, bea of Globex, and posts for her, for followers (she is one)
// and in the group.
type vault struct {
	*company
	alice, atlas   store.Actor
	globex         *stranger
	bea            string
	open           store.Note   // a public post
	secrets        []store.Note // what only bea may read
	secretKeys     []string     // of these and of the activities that brought them
	stampKeys      []string     // of the leave for each of them; the last is for the public one
	topic          activity.Topic
	secretMentions []string // what no answer to another one has in it
}

func newVault(t *testing.T) *vault {
	t.Helper()
	v := &vault{}
	v.company, v.alice, v.globex, v.bea = guest(t)
	v.atlas = v.opens(v.alice, "Atlas")
	v.joined(store.Membership, v.knows(v.bea), v.atlas)
	topic, err := v.MakeTopic(t.Context(), v.alice, v.atlas, "Hush")
	v.do(err)
	v.topic, v.atlas = topic, v.knows(string(v.atlas.ID))
	v.said()
	post := func(d federation.Draft) store.Note {
		n, err := v.Post(t.Context(), v.alice, d)
		return must(v.company, n, err)
	}
	v.open = post(federation.Draft{Text: "for all"})
	var shown store.Key // when the public one was said
	for _, r := range v.said() {
		shown = r.Key
	}
	v.secrets = []store.Note{
		post(federation.Draft{Text: "hush, followers", Visibility: activity.VisibleFollowers}),
		post(federation.Draft{Text: "hush, @bea@" + v.globex.host, Visibility: activity.VisibleDirect}),
		post(federation.Draft{Text: "hush, members", Group: v.atlas.Key, Topic: topic.Key()}),
		post(federation.Draft{Text: "hush, an answer", Visibility: activity.VisibleFollowers, ReplyTo: v.open.Key}),
	}
	v.companies(v.globex.host)
	v.happensInGroup(t)
	v.hides() // bea is in it, and nobody else of Globex knows it
	v.secretKeys = v.localActivities(t, shown)
	v.secretMentions = []string{"hush", string(v.atlas.ID), v.globex.id("/notes/")}
	for _, n := range append(slices.Clone(v.secrets), v.open) {
		v.tx(func(tx *store.Tx) error {
			stamp, err := tx.PutStamp(t.Context(), store.Stamp{Kind: "quote", Author: v.alice.Key, Object: activity.ID(v.bea + "#quote"), Target: n.Key})
			v.stampKeys = append(v.stampKeys, stamp.Key.String())
			return err
		})
	}
	for _, n := range v.secrets {
		v.joined(store.Feature, v.alice, store.Actor{Key: n.Key})
		v.secretKeys = append(v.secretKeys, n.Key.String())
		v.secretMentions = append(v.secretMentions, n.Key.String())
	}
	return v
}

// companies writes which companies the group takes, whoever is in it.
func (v *vault) companies(hosts ...string) {
	v.t.Helper()
	v.tx(func(tx *store.Tx) error {
		g, err := tx.Group(v.t.Context(), v.atlas.Key)
		if err != nil {
			return err
		}
		g.Companies, g.Levels = append([]string{}, hosts...), []string{}
		return tx.ChangeGroup(v.t.Context(), g)
	})
}

// hides makes the group a secret one.
func (v *vault) hides() {
	v.t.Helper()
	v.tx(func(tx *store.Tx) error {
		g, err := tx.Group(v.t.Context(), v.atlas.Key)
		if err != nil {
			return err
		}
		g.Access = activity.AccessSecret
		if v.atlas, err = tx.ActorByKey(v.t.Context(), v.atlas.Key); err != nil { // with its topics
			return err
		}
		v.atlas.SetAccess(g.Access)
		if v.atlas, err = tx.PutActor(v.t.Context(), v.atlas); err != nil {
			return err
		}
		return tx.ChangeGroup(v.t.Context(), g)
	})
}

// happensInGroup is what one of ours and a guest do in the group, each of which it
// announces: they write, change, like, take that back, and delete.
func (v *vault) happensInGroup(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	ours, err := v.Post(ctx, v.alice, federation.Draft{Text: "hush, and gone", Group: v.atlas.Key})
	v.do(err)
	_, err = v.Edit(ctx, v.alice, ours, federation.Draft{Text: "hush, changed"})
	v.do(err)
	v.do(v.Like(ctx, v.alice, ours))
	v.do(v.Unlike(ctx, v.alice, ours))
	v.do(v.Delete(ctx, v.alice, ours))
	for _, path := range []string{"/notes/stays", "/notes/goes"} {
		create := v.globex.into(v.bea, path, v.atlas.ID)
		note := create["object"].(map[string]any)
		id := v.globex.id(path)
		v.takes(v.globex, create)
		note["content"], note["updated"] = "hush, said anew", "2100-01-01T00:00:00Z"
		like := map[string]any{"id": id + "#like", "type": "Like", "actor": v.bea, "object": id, "to": v.atlas.ID}
		v.takes(v.globex, map[string]any{"id": id + "#update", "type": "Update", "actor": v.bea, "object": note, "to": create["to"]}, like,
			map[string]any{"id": id + "#unlike", "type": "Undo", "actor": v.bea, "object": like, "to": v.atlas.ID})
		v.do(v.Like(ctx, v.alice, v.note(activity.ID(id))))
	}
	gone := v.globex.id("/notes/goes")
	v.takes(v.globex, map[string]any{"id": gone + "#delete", "type": "Delete", "actor": v.bea, "object": gone, "to": activity.Public})
}

// localActivities are the keys of all that ours have done since.
func (v *vault) localActivities(t *testing.T, since store.Key) (keys []string) {
	t.Helper()
	db, err := sql.Open("pgx", v.dsn)
	v.do(err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT key FROM activities WHERE local AND key > $1", int64(since))
	v.do(err)
	defer rows.Close()
	announced := 0
	for rows.Next() {
		var key store.Key
		v.do(rows.Scan(&key))
		keys = append(keys, key.String())
		if r, err := v.db.RecordedByKey(t.Context(), key); must(v.company, r, err).Actor == v.atlas.Key {
			announced++
		}
	}
	v.do(rows.Err())
	if announced < 18 {
		t.Fatalf("the group has announced only %d of what happened in it", announced)
	}
	return keys
}

// paths are all that the table lets partners read, of the thing that is secret
// where there is one.
func (v *vault) paths() (paths []string) {
	for _, r := range v.doors.Table() {
		if r.Policy != server.Partners {
			continue
		}
		_, path, _ := strings.Cut(r.Pattern, " ")
		name := v.alice.Username
		if strings.HasPrefix(path, "/groups/") {
			name = v.atlas.Username
		}
		path = strings.NewReplacer("{name}", string(name), "{topic}", v.topic.Key()).Replace(path)
		if strings.Contains(path, "{key}") {
			keys := append(slices.Clone(v.secretKeys), v.open.Key.String())
			if strings.HasPrefix(path, "/stamps/") {
				keys = v.stampKeys
			}
			for _, key := range keys {
				paths = append(paths, strings.ReplaceAll(path, "{key}", key))
			}
			continue
		}
		paths = append(paths, path, path+"?page=1")
	}
	return paths
}

// isOpen says whether a path is of something that every partner may know.
func (v *vault) isOpen(path string) bool {
	return strings.HasPrefix(path, "/users/alice") || strings.HasPrefix(path, "/notes/"+v.open.Key.String()) || path == "/stamps/"+v.stampKeys[len(v.stampKeys)-1] || strings.HasPrefix(path, "/actor/") || strings.HasPrefix(path, "/directory")
}

// total is how many a collection says that it has.
func total(body string) string {
	var c struct{ TotalItems json.Number }
	_ = json.Unmarshal([]byte(body), &c)
	return c.TotalItems.String()
}

func TestAttack10WhoMayNotSeeAThingFindsNothingOnAnyRoute(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	ctx, globex, initech := t.Context(), v.globex, newStranger(t, "initech")
	v.isPartnerOf(initech)
	ivan, carl := initech.person("ivan"), globex.person("carl")
	pia, eve, bob := globex.person("pia"), globex.person("eve"), globex.person("bob")

	for _, who := range []string{eve, bob} { // both were let in, and are out again
		globex.send(v.company, globex.follow(who, v.alice))
		pump(t, v.company)
		v.joined(store.Membership, v.knows(who), v.atlas)
	}
	globex.send(v.company, map[string]any{"id": eve + "#undo", "type": "Undo", "actor": eve, "object": globex.follow(eve, v.alice)})
	pump(t, v.company)
	v.do(v.Block(ctx, v.alice, v.knows(bob)))
	v.tx(func(tx *store.Tx) error {
		for _, who := range []string{eve, bob} {
			if _, err := tx.CutEdge(ctx, store.Membership, v.knows(who).Key, v.atlas.Key); err != nil {
				return err
			}
		}
		v.alice.ManuallyApproves = true
		_, err := tx.PutActor(ctx, v.alice)
		return err
	})
	globex.send(v.company, globex.follow(pia, v.alice)) // nobody has said yes
	pump(t, v.company)
	v.tx(func(tx *store.Tx) error {
		_, err := tx.PutEdge(ctx, store.Edge{Kind: store.Membership, Actor: v.knows(pia).Key, Object: v.atlas.Key})
		return err
	})

	totals := map[string]string{} // what somebody of another company is told
	for _, role := range []struct {
		name, actor string
		of          *stranger
	}{
		{"other host", ivan, initech}, {"other person on a member's host", carl, globex}, {"non-member", globex.person("nora"), globex},
		{"pending", pia, globex}, {"ex-member", eve, globex}, {"blocked person", bob, globex},
	} {
		t.Run(role.name, func(t *testing.T) {
			for _, path := range v.paths() {
				status, body := v.get(role.of, role.actor, path)
				for _, secret := range v.secretMentions {
					if strings.Contains(body, secret) {
						t.Errorf("%s tells %s: %s", path, secret, body)
					}
				}
				if isMissing := status == 404 && body == `{"error":"not_found"}`; !v.isOpen(path) && !isMissing {
					t.Errorf("%s gives %d %s", path, status, body)
				} else if role.actor == bob && !isMissing && !strings.HasPrefix(path, "/actor/") && !strings.HasPrefix(path, "/directory") {
					t.Errorf("%s gives whom alice has blocked %d %s", path, status, body)
				}
				if role.actor == ivan {
					totals[path] = total(body)
				} else if role.actor != bob && !strings.Contains(path, "/followers") && total(body) != totals[path] {
					t.Errorf("%s counts %s, and %s for another company", path, total(body), totals[path])
				}
			}
		})
	}
	t.Run("anonymous", func(t *testing.T) {
		for _, path := range v.paths() {
			if status, body := v.get(nil, "", path); status != 401 || body != `{"error":"unsigned"}` {
				t.Errorf("%s gives %d %s", path, status, body)
			}
		}
	})
	t.Run("the guest herself, and her server", func(t *testing.T) { // else none of the above says anything
		server := globex.person("server")
		doc := globex.actor("server")
		doc["type"] = "Application"
		globex.serve("/users/server", doc)
		for _, who := range []string{v.bea, server} {
			announced := 0
			for _, path := range v.paths() {
				status, body := v.get(globex, who, path)
				if strings.Contains(path, "/activities/") && strings.Contains(body, `"actor":"`+string(v.atlas.ID)) {
					announced++
				}
				if status != 200 && !strings.Contains(path, "/notes/") && !strings.Contains(path, "/activities/") && !strings.Contains(path, "/stamps/") && !strings.Contains(path, "/succession") {
					t.Errorf("%s gives %s %d %s", path, who, status, body)
				}
			}
			if announced < 9 { // without those of likes that were taken back
				t.Errorf("%s reads only %d announces", who, announced)
			}
			for _, n := range v.secrets {
				if status, body := v.get(globex, who, "/notes/"+n.Key.String()); status != 200 || !strings.Contains(body, "hush") {
					t.Errorf("%s gets %d %s", who, status, body)
				}
			}
			_, pinned := v.get(globex, who, "/users/alice/featured")
			_, answers := v.get(globex, who, "/notes/"+v.open.Key.String()+"/replies")
			_, outbox := v.get(globex, who, "/users/alice/outbox")
			for _, n := range v.secrets {
				if !strings.Contains(pinned, string(n.ID)+`"`) {
					t.Errorf("%s does not see %s among what is pinned", who, n.ID)
				}
			}
			if !strings.Contains(answers, v.secrets[3].Key.String()) || total(outbox) != fmt.Sprint(len(v.secrets)+1) {
				t.Errorf("%s sees the answers %s, and %s posts", who, answers, total(outbox))
			}
		}
	})
}
