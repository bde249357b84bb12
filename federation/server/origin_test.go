package server_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver behind database/sql

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// The property of FEP-fe34 as a whole: whatever somebody says, and whatever ids of
// others stand in whatever place of it, nothing changes that is not theirs.
//
// Evil has as good a standing as a partner can have: mallory follows alice and is in
// one of Acme's groups, alice is in a group of Evil's. All that Evil writes says
// "EVIL", so that its words are known wherever they turn up.

const (
	worlds    = 6   // each with its own seed
	sayings   = 200 // activities in each
	evilWords = "EVIL"
)

func TestNothingChangesOutsideTheOriginOfWhoSpeaks(t *testing.T) {
	t.Parallel()
	for seed := range uint64(worlds) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			before := w.snapshot()
			for range sayings {
				raw := w.speaks()
				pump(t, w.acme)
				after := w.snapshot()
				for _, what := range before.differences(after) {
					t.Errorf("%s\nafter %s", what, raw)
				}
				if t.Failed() {
					return
				}
				before = after
			}
		})
	}
}

// world is Acme between an honest stranger and a dishonest one.
type world struct {
	t          *testing.T
	acme       *company
	good, evil *stranger
	random     *rand.Rand
	raw        *sql.DB
	ids        map[string][]string // of everybody, by what they are of
	said       int
	parties    [2]*signatory // the same two, as far as they make agreements
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	acme := found(t, "acme", true)
	w := &world{t: t, acme: acme, good: newStranger(t, "good"), evil: newStranger(t, "evil"), random: rand.New(rand.NewPCG(seed, 5))}
	raw, err := sql.Open("pgx", acme.dsn)
	acme.do(err)
	t.Cleanup(func() { raw.Close() })
	w.raw = raw
	alice, amir := acme.person("alice"), acme.person("amir")
	ctx := t.Context()
	atlas, err := acme.OpenGroup(ctx, alice, federation.GroupDraft{Name: "Atlas", Companies: []string{"*"}})
	acme.do(err)
	bea, mallory := w.good.person("bea"), w.evil.person("mallory")
	ring := w.group(w.evil, "ring")
	w.evil.person("service")
	w.good.serve("/notes/unknown", w.good.create(bea, "/notes/unknown", "good and not known yet")["object"])
	w.good.serve("/notes/gone", status(410))
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "ours, public, and naming @ring@" + w.evil.host})
	acme.do(err)
	private, err := acme.Post(ctx, amir, federation.Draft{Text: "ours, for followers", Visibility: activity.VisibleFollowers})
	acme.do(err)
	topic, err := acme.MakeTopic(ctx, alice, atlas, "Ours")
	acme.do(err)
	inGroup, err := acme.Post(ctx, alice, federation.Draft{Text: "ours, in the group", Group: atlas.Key, Topic: topic.Key()})
	acme.do(err)
	for _, doc := range []map[string]any{
		w.good.follow(bea, alice), w.good.create(bea, "/notes/1", "good"), w.good.create(bea, "/notes/2", "good in the group"),
		{"id": bea + "#like", "type": "Like", "actor": bea, "object": post.ID},
		{"id": bea + "#join", "type": "Join", "actor": bea, "object": atlas.ID},
	} {
		w.good.send(acme, doc)
	}
	for _, doc := range []map[string]any{
		w.evil.follow(mallory, alice), {"id": mallory + "#join", "type": "Join", "actor": mallory, "object": atlas.ID},
		w.evil.create(mallory, "/notes/1", evilWords),
	} {
		w.evil.send(acme, doc)
	}
	pump(t, acme)
	gone := activity.ID(w.good.id("/notes/gone"))
	acme.tx(func(tx *store.Tx) error { return tx.Bury(ctx, gone, gone) }) // its host has said so
	acme.do(acme.Follow(ctx, alice, w.met(ring)))
	acme.do(acme.Follow(ctx, amir, w.met(bea))) // and waits for the answer
	pump(t, acme)
	w.evil.send(acme, map[string]any{"id": ring + "#accept", "type": "Accept", "actor": ring, "object": map[string]any{"type": "Follow", "actor": alice.ID, "object": ring}})
	pump(t, acme)
	w.parties = [2]*signatory{w.agrees(w.good), w.agrees(w.evil)}
	w.ids = map[string][]string{
		"actor": {bea, string(alice.ID), string(amir.ID), string(atlas.ID), string(acme.InstanceActor()), mallory, ring},
		"note":  {w.good.id("/notes/gone"), w.good.id("/notes/1"), w.good.id("/notes/2"), w.good.id("/notes/unknown"), string(post.ID), string(private.ID), string(inGroup.ID), w.evil.id("/notes/1")},
		"done":  append(w.recorded(), bea+"#follow-alice", bea+"#like", bea+"#join", w.good.id("/notes/1#create")),
		"shelf": {string(alice.Featured.ID), string(atlas.Featured.ID), string(atlas.AttributedTo.First()), bea + "/featured", ring + "/featured", ring + "/moderators", string(atlas.Followers.ID), string(topic.ID), ring + "/topics/1"},
		"odd": {bea + "/inbox", bea + "/followers", bea + "#main-key", w.good.id("/nothing"), w.evil.id("/nothing"), string(alice.Followers.ID), string(alice.Inbox.ID),
			string(activity.Public), w.evil.id("/users/service"), ring + "/followers"},
	}
	return w
}

// group serves a group of a stranger's.
func (w *world) group(s *stranger, name string) string {
	id := s.person(name)
	doc := s.actor(name)
	doc["type"], doc["attributedTo"], doc["featured"] = "Group", id+"/moderators", id+"/featured"
	s.serve("/users/"+name, doc)
	return id
}

// met is an actor of another host, fetched.
func (w *world) met(id string) store.Actor {
	w.acme.do(w.acme.Errand().Ensure(w.t.Context(), activity.ID(id)))
	a, err := w.acme.db.Actor(w.t.Context(), activity.ID(id))
	return must(w.acme, a, err)
}

// recorded are the ids of what has happened so far.
func (w *world) recorded() []string {
	rows, err := w.raw.QueryContext(w.t.Context(), "SELECT iri FROM activities ORDER BY key")
	w.acme.do(err)
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		w.acme.do(rows.Scan(&id))
		ids = append(ids, id)
	}
	w.acme.do(rows.Err())
	return ids
}

// speaks makes Evil say something, and Acme hear it, whatever it answers.
func (w *world) speaks() json.RawMessage {
	if w.random.IntN(4) == 0 {
		raw := w.control()
		_ = w.acme.Partnerships().Receive(w.t.Context(), raw, "an address")
		w.signedByItself()
		return raw
	}
	raw := w.say()
	_ = w.acme.Receive(w.t.Context(), store.Received{Raw: raw, Signer: w.signer(raw)})
	return raw
}

// say makes an activity by one of Evil's actors, with ids of anybody in every place:
// one that somebody else might do, in which one thing or two are not as they should
// be; anything at all; or what Evil's group says that somebody else has done.
func (w *world) say() json.RawMessage {
	var doc map[string]any
	speaker := pick(w, w.evil.id("/users/mallory"), w.evil.id("/users/ring"), w.evil.id("/users/service"))
	switch w.random.IntN(3) {
	case 0:
		doc = w.likely()
	case 1:
		doc = w.anything(3)
	case 2:
		speaker = w.evil.id("/users/ring")
		doc = map[string]any{"type": "Announce", "id": w.own("/said"), "object": w.forged(), "to": activity.Public}
	}
	doc["actor"] = speaker
	raw, err := json.Marshal(doc)
	w.acme.do(err)
	return raw
}

func (w *world) signer(raw json.RawMessage) string {
	env, err := activity.ReadEnvelope(raw)
	w.acme.do(err)
	return string(env.Actor.ID)
}

// likely is an activity in the shape that its type has.
func (w *world) likely() map[string]any {
	w.said++
	kind := pick(w, append(federation.Types(), "Announce", "Announce", "Undo", "Undo", "Update", "Create")...) // these say most about others
	doc := map[string]any{"type": kind, "id": w.own("/said"), "actor": w.id("actor"), "to": []any{activity.Public, w.id("actor")}}
	switch kind {
	case "Create", "Update":
		doc["object"] = w.note()
		if w.random.IntN(3) == 0 {
			doc["object"] = w.actor()
		}
	case "Delete":
		doc["object"] = w.id("note", "note", "actor", "done")
	case "Add", "Remove":
		doc["object"], doc["target"], doc["audience"] = w.id("note", "actor"), w.id("shelf"), w.id("actor")
	case "Accept", "Reject", "Undo", "Announce":
		inner := w.likely()
		inner["id"] = w.id("done")
		if w.random.IntN(3) == 0 {
			inner["id"] = w.own("/said")
		}
		doc["object"] = inner
		if kind == "Undo" && w.random.IntN(3) == 0 { // of what it has itself said, so that it is heard
			inner["type"], inner["object"], inner["id"] = "Delete", pick(w, w.good.id("/notes/gone"), w.id("note")), w.own("/said")
			delete(inner, "actor")
			return doc
		}
		if w.random.IntN(3) == 0 {
			doc["object"] = w.id("done", "note")
		}
	case "Block":
		doc["object"], doc["target"] = w.id("actor"), w.id("actor")
	case "Move":
		doc["object"], doc["target"] = w.id("actor"), w.id("actor")
	case "QuoteRequest":
		doc["object"], doc["instrument"] = w.id("note"), w.note()
	case "Follow", "Join", "Leave":
		doc["object"] = w.id("actor")
	default:
		doc["object"], doc["content"] = w.id("note", "note", "actor"), "🎉"
	}
	for range w.random.IntN(3) {
		doc[pick(w, places...)] = w.thing(2)
	}
	return doc
}

// forged is what a victim might have done, in every detail but that it did not.
func (w *world) forged() map[string]any {
	w.said++
	victim := pick(w, w.good.id("/users/bea"), w.ids["actor"][1])
	host, _, _ := strings.Cut(victim, "/users/")
	note := map[string]any{"id": pick(w, fmt.Sprintf("%s/new/%d", host, w.said), w.good.id("/notes/1"), w.good.id("/notes/2"), w.id("note")), "type": "Note", "content": evilWords,
		"attributedTo": victim, "to": activity.Public, "updated": "2100-01-01T00:00:00Z"}
	doc := map[string]any{"type": pick(w, "Create", "Update", "Delete", "Like", "Follow", "Block", "Undo", "Move"), "id": fmt.Sprintf("%s/did/%d", host, w.said), "actor": victim, "to": activity.Public}
	switch doc["type"] {
	case "Create", "Update":
		doc["object"] = note
	case "Delete", "Like":
		doc["object"] = note["id"]
	case "Undo":
		doc["object"] = w.id("done")
	default:
		doc["object"], doc["target"] = w.id("actor"), w.id("actor")
	}
	return doc
}

// own is an id of Evil's that is new.
func (w *world) own(path string) string { return w.evil.id(fmt.Sprintf("%s/%d", path, w.said)) }

func (w *world) note() map[string]any {
	return map[string]any{"id": pick(w, w.own("/notes"), w.id("note"), w.id("note"), w.good.id(fmt.Sprintf("/new/%d", w.said))), "type": pick(w, "Note", "Note", "Question", "Article", "ChatMessage", "Event"),
		"content": evilWords, "name": evilWords, "attributedTo": pick(w, w.evil.id("/users/mallory"), w.good.id("/users/bea"), w.id("actor")), "to": []any{activity.Public, w.id("actor")},
		"audience": w.id("actor"), "inReplyTo": w.id("note"), "updated": "2100-01-01T00:00:00Z"} // newer than all
}

func (w *world) actor() map[string]any {
	doc := w.evil.actor("mallory")
	doc["name"], doc["summary"] = evilWords, evilWords
	if id := w.id("actor"); w.random.IntN(2) == 0 {
		doc["id"], doc["inbox"], doc["followers"] = id, id+"/inbox", id+"/followers"
		doc["publicKey"] = map[string]any{"id": id + "#main-key", "owner": id, "publicKeyPem": doc["publicKey"].(map[string]any)["publicKeyPem"]}
	}
	return doc
}

// places are where something may read an id.
var places = []string{"id", "object", "to", "cc", "audience", "target", "origin", "instrument", "result", "inReplyTo", "attributedTo", "tag", "quote", "quoteUrl",
	"quoteAuthorization", "interactingObject", "interactionTarget", "context", "replies", "featured", "movedTo", "alsoKnownAs", "assertionMethod", "proof", "published"}

// others are where ids stand that something reads, or that others read. One or two of them
// at a time, since much that has all of them is no document any more.
var others = []string{"actor", "bto", "bcc", "url", "href", "inbox", "outbox", "followers", "following", "endpoints", "publicKey", "owner", "controller", "generator", "icon", "image",
	"attachment", "preview", "conversation", "quoteUri", "_misskey_quote", "replyAuthorization", "items", "orderedItems", "first", "next", "partOf", "oneOf", "anyOf",
	"card", "companies", "keyPackages", "wall", "likes", "shares", "location", "interactionPolicy"}

// anything has any type, and ids and things with ids in every place.
func (w *world) anything(depth int) map[string]any {
	w.said++
	doc := map[string]any{"type": pick(w, federation.Types()...), "object": w.thing(depth - 1), "content": evilWords, "summary": evilWords, "id": w.own("/said")}
	for _, place := range places {
		switch w.random.IntN(6) {
		case 0:
			doc[place] = w.id()
		case 1:
			doc[place] = []any{w.id(), w.id()}
		case 2:
			doc[place] = w.thing(depth - 1)
		}
	}
	for range w.random.IntN(3) {
		doc[pick(w, others...)] = w.thing(depth - 1)
	}
	return doc
}

// thing is an id, or a note, an actor or an activity.
func (w *world) thing(depth int) any {
	switch n := w.random.IntN(5); {
	case depth <= 0 || n == 0:
		return w.id()
	case n == 1:
		return w.anything(depth)
	case n == 2:
		return w.actor()
	case n == 3:
		return w.likely()
	}
	return w.note()
}

// id is one of some kinds, of any without.
func (w *world) id(kinds ...string) string {
	if len(kinds) == 0 {
		kinds = []string{"actor", "note", "done", "shelf", "odd"}
	}
	return pick(w, w.ids[pick(w, kinds...)]...)
}

func pick(w *world, from ...string) string { return from[w.random.IntN(len(from))] }

// snapshot is every row that is not Evil's, by table and key.
type snapshot map[string]map[string]string

// evils says which rows are Evil's own, or join somebody to it. Every table has its
// line: a new one is on this list with the reason why, or the test fails.
var evils = map[string]string{
	"actors":        "t.origin = :evil",
	"notes":         "t.author IN (:actors) AND t.iri LIKE :like",
	"edges":         "t.actor IN (:actors) AND t.kind NOT IN ('moderator', 'ban') OR t.object IN (:actors) OR t.object IN (:notes)",
	"note_versions": "t.note IN (:notes)",
	"quotes":        "t.note IN (:notes)",
	"stamps":        "t.object LIKE :like", // leave for what it does
	"reports":       "t.reporter IN (:actors)",
	"removals":      "t.author IN (:actors)",
	"key_packages":  "t.owner IN (:actors)",
	"expected":      "t.group_key IN (:actors)",
	"successions":   "t.group_key IN (:actors)",
	"cards":         "t.actor IN (:actors) OR t.in_group IN (:actors)",
	"sealed":        "t.author IN (:actors)",
	"sealed_for":    "t.author IN (:actors)",
	"moves":         "t.actor IN (:actors)",
	"digests":       "t.origin = :evil OR t.object IN (:actors)",
	"votes":         "t.voter IN (:actors) OR t.note IN (:notes)",
	"reactions":     "t.actor IN (:actors) OR t.note IN (:notes)",
	"timeline":      "t.note IN (:notes) OR t.booster IN (:actors)",
	"notifications": "t.actor IN (:actors)",
	"tombstones":    "t.iri LIKE :like",
	"activities":    "t.iri LIKE :like OR t.about LIKE :like OR t.local AND t.raw LIKE :like", // an answer to it, or what its member did in our group
	"instance":      "false", "secrets": "false", "keys": "false", "members": "false", "groups": "false", "circles": "false", "prepared": "false",
	"partners": "t.host = :evil", "partnerships": "t.host = :evil", "farewells": "t.host = :evil", "audit": "t.about = :evil", // of its own agreement
	"media": "false", "media_secret": "false", "drafts": "false", "identities": "false", "sign_ons": "false", "apps": "false", "codes": "false", "tokens": "false", "sessions": "false",
	"signs": "true", "hosts": "true", "knocks": "true", "outbox": "true", "parked": "true", "paces": "true", "discoveries": "true", "first_contacts": "true", "deliveries": "true", "fans": "true", "job_rates": "true", "makings": "true", // how the work goes, not what is so
}

// clocks are columns that change when somebody looks.
var clocks = []string{"fetched_at"}

func (w *world) snapshot() snapshot {
	s := snapshot{}
	for _, table := range w.tables() {
		own, ok := evils[table]
		if !ok {
			w.t.Fatalf("say in evils whose the rows of %s are", table)
		}
		s[table] = w.rows(table, own)
	}
	return s
}

func (w *world) tables() []string {
	rows, err := w.raw.QueryContext(w.t.Context(), "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE 'bun_%'")
	w.acme.do(err)
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		w.acme.do(rows.Scan(&name))
		names = append(names, name)
	}
	w.acme.do(rows.Err())
	return names
}

func (w *world) rows(table, own string) map[string]string {
	actors := "SELECT key FROM actors WHERE origin = '" + w.evil.host + "'"
	own = strings.NewReplacer(":actors", actors, ":notes", "SELECT key FROM notes WHERE author IN ("+actors+")",
		":evil", "'"+w.evil.host+"'", ":like", "'%"+w.evil.host+"%'").Replace(own)
	query := fmt.Sprintf("SELECT (to_jsonb(t) - '{%s}'::text[])::text FROM %s AS t WHERE (%s) IS NOT TRUE", strings.Join(clocks, ","), table, own)
	rows, err := w.raw.QueryContext(w.t.Context(), query)
	w.acme.do(err)
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var row string
		w.acme.do(rows.Scan(&row))
		found[keyOf(table, row)] = row
	}
	w.acme.do(rows.Err())
	return found
}

// keyOf is what a row is known by while its other columns change.
func keyOf(table, row string) string {
	var columns map[string]any
	if json.Unmarshal([]byte(row), &columns) == nil {
		for _, name := range []string{"iri", "key"} {
			if v, ok := columns[name]; ok && table != "edges" && table != "timeline" {
				return fmt.Sprint(v)
			}
		}
	}
	return row
}

// differences are the rows that are gone, that are others now, or that are new and
// not what their own host says.
func (s snapshot) differences(after snapshot) []string {
	var found []string
	for table, rows := range s {
		for key, row := range rows {
			switch now, ok := after[table][key]; {
			case !ok:
				found = append(found, fmt.Sprintf("%s: %s is gone", table, row))
			case now != row:
				found = append(found, fmt.Sprintf("%s: %s\nbecame %s", table, row, now))
			}
		}
		for key, row := range after[table] {
			if _, was := rows[key]; was {
				continue
			}
			if fetched := table == "actors" || table == "notes"; !fetched || strings.Contains(row, evilWords) {
				found = append(found, fmt.Sprintf("%s: new is %s", table, row))
			}
		}
	}
	return found
}
