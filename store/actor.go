package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Actor is somebody that we know of: the document, and what we know besides.
type Actor struct {
	activity.Actor
	Key         Key
	Host        string // in the handle
	Local       bool
	FetchedAt   time.Time
	SuspendedAt time.Time // zero: not suspended
	DeletedAt   time.Time // zero: not deleted
}

// Handle is "alice" for our own people, "bea@globex.example" for others.
func (a Actor) Handle() string {
	if a.Local {
		return string(a.Username)
	}
	return string(a.Username) + "@" + a.Host
}

// IsGroup says whether it is a group.
func (a Actor) IsGroup() bool { return a.Type == "Group" }

// Usable says that it may act and be shown.
func (a Actor) Usable() bool { return a.SuspendedAt.IsZero() && a.DeletedAt.IsZero() }

// Bond is the kind of edge by which people are tied to an actor, which a Follow of it
// asks for: of a group they are members.
func (a Actor) Bond() string {
	if a.IsGroup() {
		return Membership
	}
	return Follow
}

// HandleHost is the host in the handle of an actor that calls itself so from now on:
// it stays as it is for the name that it was vouched for (WebFinger), and a new name
// is one at the actor's own host until somebody vouches for it.
func (a Actor) HandleHost(username activity.Text) string {
	if strings.EqualFold(string(a.Username), string(username)) {
		return a.Host
	}
	return a.ID.Host()
}

type actorRow struct {
	bun.BaseModel `bun:"table:actors,alias:a"`

	Key         Key             `bun:",pk" json:"key"`
	IRI         activity.ID     `bun:"iri" json:"iri"`
	Host        string          `bun:"host" json:"host"`
	Origin      string          `bun:"origin" json:"origin"`
	Username    string          `bun:"username" json:"username"`
	Type        string          `bun:"type" json:"type"`
	Local       bool            `bun:"local" json:"local"`
	Inbox       string          `bun:"inbox" json:"inbox"`
	SharedInbox string          `bun:"shared_inbox" json:"shared_inbox"`
	Followers   activity.ID     `bun:"followers" json:"followers"`
	URL         string          `bun:"url" json:"url"`
	KeyIDs      []string        `bun:"key_ids,array" json:"key_ids"`
	Doc         json.RawMessage `bun:"doc,type:jsonb" json:"doc"`
	FetchedAt   time.Time       `bun:"fetched_at" json:"fetched_at"`
	SuspendedAt bun.NullTime    `bun:"suspended_at" json:"suspended_at"`
	DeletedAt   bun.NullTime    `bun:"deleted_at" json:"deleted_at"`
}

// actorColumns are all of them, by name: see noteColumns.
const actorColumns = `a.key, a.iri, a.host, a.origin, a.username, a.type, a.local, a.inbox, a.shared_inbox, a.followers, a.url,
	a.key_ids, a.doc, a.fetched_at, a.suspended_at, a.deleted_at`

func newActorRow(a Actor) (actorRow, error) {
	doc, err := json.Marshal(a.Actor)
	var url string
	if len(a.URL) > 0 {
		url = string(a.URL[0])
	}
	keyIDs := []string{}
	for _, id := range a.KeyIDs() {
		keyIDs = append(keyIDs, string(id))
	}
	return actorRow{Origin: a.ID.Host(), KeyIDs: keyIDs, Key: a.Key, IRI: a.ID, Host: a.Host, Username: string(a.Username), Type: a.Type, Local: a.Local,
		Inbox: string(a.Inbox.ID), SharedInbox: a.SharedInbox(), Followers: a.Followers.ID, URL: url, Doc: doc,
		FetchedAt: a.FetchedAt, SuspendedAt: bun.NullTime{Time: a.SuspendedAt}, DeletedAt: bun.NullTime{Time: a.DeletedAt}}, err
}

// actor reads a row.
func (r actorRow) actor() Actor {
	a := Actor{Key: r.Key, Host: r.Host, Local: r.Local, FetchedAt: r.FetchedAt, SuspendedAt: r.SuspendedAt.Time, DeletedAt: r.DeletedAt.Time}
	_ = json.Unmarshal(r.Doc, &a.Actor) // we wrote it ourselves
	return a
}

// actors reads those that a condition finds, in the given order, at most limit
// (0: all).
func (q query) actors(ctx context.Context, order string, limit int64, where string, args ...any) ([]Actor, error) {
	var rows []actorRow
	s := q.db.NewSelect().Model(&rows).Where(where, args...).OrderExpr(order)
	if limit > 0 {
		s = s.Limit(limit)
	}
	err := s.Scan(ctx)
	return each(rows, actorRow.actor), err
}

// latest is the order in which the one is first that counts: who lives, as last fetched.
const latest = "a.deleted_at IS NOT NULL, a.fetched_at DESC"

func (q query) actor(ctx context.Context, where string, args ...any) (Actor, error) {
	return first(q.actors(ctx, latest, 1, where, args...))
}

// boundActors is actors for what is asked most often: rest goes on behind FROM, with $1
// and so on.
func (q query) boundActors(ctx context.Context, rest string, args ...any) ([]Actor, error) {
	var rows []actorRow
	err := q.list(ctx, &rows, "SELECT "+actorColumns+" FROM actors AS a "+rest, args...)
	return each(rows, actorRow.actor), err
}

func (q query) boundActor(ctx context.Context, rest string, args ...any) (Actor, error) {
	return first(q.boundActors(ctx, rest, args...))
}

// actorRows are those with these IRIs.
func (q query) actorRows(ctx context.Context, iris []activity.ID) (map[activity.ID]*actorRow, error) {
	var rows []actorRow
	err := q.list(ctx, &rows, "SELECT "+actorColumns+" FROM actors AS a WHERE a.iri = ANY ($1)", texts(iris))
	found := map[activity.ID]*actorRow{}
	for i, r := range rows {
		found[r.IRI] = &rows[i]
	}
	return found, err
}

// Actor is the one with this IRI, or NotFound.
func (q query) Actor(ctx context.Context, iri activity.ID) (Actor, error) {
	return q.boundActor(ctx, "WHERE a.iri = $1", string(iri))
}

// KnownActor is the one of ours with this IRI, if the reader may know that it
// exists, else NotFound. One that is gone is found as the tombstone that it is.
// It is one query whatever the answer, so that its time tells little.
func (q query) KnownActor(ctx context.Context, iri activity.ID, r Reader) (Actor, error) {
	return q.oneActor(ctx, known(q.db.NewSelect().Where("a.iri = ? AND a.local AND a.suspended_at IS NULL", iri), r))
}

// KnownInbox is the same for who brings something: whom a person has blocked may
// still take back what they said.
func (q query) KnownInbox(ctx context.Context, iri activity.ID, r Reader) (Actor, error) {
	return q.oneActor(ctx, knownGroup(q.db.NewSelect().Where("a.iri = ? AND a.local AND a.suspended_at IS NULL", iri), r, nil))
}

// Knows says whether a reader may know that an actor, of ours or not, exists. People
// are nobody's secret here, only groups, and with those who is met in them alone (ByCard).
func (q query) Knows(ctx context.Context, r Reader, actor Key) (bool, error) {
	var is, group, byCard bool
	err := q.bound().row(ctx, `SELECT count(*) > 0, coalesce(bool_or(type = 'Group'), false),
			coalesce(bool_or(NOT local AND inbox = '' AND EXISTS (SELECT FROM cards AS c WHERE c.actor = a.key)), false)
		FROM actors AS a WHERE key = $1`, []any{int64(actor)}, &is, &group, &byCard)
	if err != nil || !group && !byCard {
		return is, err
	}
	b, groups := &binder{}, "a.key = ?"
	if byCard {
		groups = "a.key IN (SELECT c.in_group FROM cards AS c WHERE c.actor = ?)"
	}
	found := q.db.NewSelect().TableExpr("actors AS a").ColumnExpr("count(*) > 0").Where(groups, b.bind(int64(actor)))
	err = q.bound().row(ctx, built(knownGroup(found, r, b)), b.args, &is)
	return is, err
}

// FindableActor is the one of ours that WebFinger names to everybody, by username
// or by one of its addresses, or NotFound. A group is found when it takes other
// companies; all: whatever it takes.
func (q query) FindableActor(ctx context.Context, username string, address activity.ID, all bool) (Actor, error) {
	s := q.db.NewSelect().Where("a.local AND a.suspended_at IS NULL")
	if username != "" {
		s = s.Where("lower(a.username) = lower(?)", username)
	} else {
		s = s.Where("(a.iri = ?0 OR a.url = ?0)", address)
	}
	return q.oneActor(ctx, s.Where(`(a.type <> 'Group' OR EXISTS (SELECT FROM groups AS g
		WHERE g.actor = a.key AND g.access <> 'secret' AND (? OR cardinality(g.companies) > 0)))`, all))
}

func (q query) oneActor(ctx context.Context, s *bun.SelectQuery) (Actor, error) {
	var rows []actorRow
	if err := s.Model(&rows).Limit(1).Scan(ctx); err != nil {
		return Actor{}, err
	}
	if len(rows) == 0 {
		return Actor{}, activity.ErrNotFound()
	}
	return rows[0].actor(), nil
}

// ActorByKey is the one with this key, or NotFound.
func (q query) ActorByKey(ctx context.Context, key Key) (Actor, error) {
	if key == 0 { // nobody, which is no question
		return Actor{}, activity.ErrNotFound()
	}
	return q.boundActor(ctx, "WHERE a.key = $1", int64(key))
}

// ActorByKeyID is that of Store.
func (tx *Tx) ActorByKeyID(ctx context.Context, id activity.ID) (Actor, error) {
	owners, err := tx.owners(ctx, []activity.ID{id})
	if err != nil {
		return Actor{}, err
	}
	return ownerOf(id, owners[id])
}

// owners are those who list keys with these ids, the living and the latest first.
func (q query) owners(ctx context.Context, ids []activity.ID) (map[activity.ID][]Actor, error) {
	at := map[activity.ID][]actorVersion{}
	var all []actorVersion
	err := q.bound().each(ctx, `SELECT w.id, v.key, v.version FROM unnest($1::text[]) AS w (id) CROSS JOIN LATERAL (`+actorVersions+`
		WHERE a.key_ids <> '{}' AND a.key_ids @> ARRAY[w.id] ORDER BY a.deleted_at IS NOT NULL, a.fetched_at DESC LIMIT 10) AS v`,
		[]any{texts(ids)}, func(scan func(...any) error) error {
			var id activity.ID
			var v actorVersion
			err := scan(&id, &v.Key, &v.Version)
			at[id], all = append(at[id], v), append(all, v)
			return err
		})
	if err != nil {
		return nil, err
	}
	found, err := q.actorsAt(ctx, all)
	owners := map[activity.ID][]Actor{}
	for id, versions := range at {
		for _, v := range versions {
			if a, ok := found[Key(v.Key)]; ok && slices.Contains(a.KeyIDs(), id) {
				owners[id] = append(owners[id], a)
			}
		}
	}
	return owners, err
}

// ownerOf is the one of several who has this key.
func ownerOf(id activity.ID, owners []Actor) (Actor, error) {
	if len(owners) == 0 {
		return Actor{}, activity.ErrNotFound()
	}
	if at := slices.IndexFunc(owners, func(a Actor) bool { return a.ID == id.WithoutFragment() }); at > 0 {
		return owners[at], nil
	}
	return owners[0], nil
}

// ActorByPage is the one whose profile page this is, or NotFound.
func (q query) ActorByPage(ctx context.Context, url activity.ID) (Actor, error) {
	return q.actor(ctx, "a.url = ?", url)
}

// ActorByFollowers is the one whose followers collection this is, or NotFound.
func (q query) ActorByFollowers(ctx context.Context, iri activity.ID) (Actor, error) {
	return q.actor(ctx, "a.followers = ? AND a.followers <> ''", iri)
}

// ActorByHandle finds user@host (host "" for our own), or NotFound.
func (q query) ActorByHandle(ctx context.Context, user, host string) (Actor, error) {
	if host == "" {
		return q.boundActor(ctx, "WHERE a.local AND lower(a.username) = lower($1) ORDER BY "+latest+" LIMIT 1", user)
	}
	return q.boundActor(ctx, "WHERE a.host = $1 AND lower(a.username) = lower($2) ORDER BY "+latest+" LIMIT 1", host, user)
}

// ActorsByKey are those with these keys, in no order, by key. Their documents are
// shared: they are for reading only.
func (q query) ActorsByKey(ctx context.Context, keys ...Key) (map[Key]Actor, error) {
	if keys = slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return k == 0 }); len(keys) == 0 {
		return map[Key]Actor{}, nil
	}
	var at []actorVersion
	if err := q.list(ctx, &at, actorVersions+"WHERE a.key = ANY ($1::bigint[])", numbers(keys)); err != nil {
		return nil, err
	}
	return q.actorsAt(ctx, at)
}

// ActorKeys are the keys of those of the IRIs that are known actors.
func (q query) ActorKeys(ctx context.Context, iris []activity.ID) ([]Key, error) {
	keys, asked := []Key{}, []string{}
	for _, iri := range iris {
		if iri != "" && !iri.IsPublic() {
			asked = append(asked, string(iri))
		}
	}
	if len(asked) == 0 {
		return keys, nil
	}
	err := q.bound().each(ctx, "SELECT key FROM actors WHERE iri = ANY ($1)", []any{asked}, func(scan func(...any) error) error {
		var key Key
		err := scan(&key)
		keys = append(keys, key)
		return err
	})
	return keys, err
}

// LocalActors are all our people and groups, for lists and pages.
func (q query) LocalActors(ctx context.Context) ([]Actor, error) {
	return q.actors(ctx, "a.key", 0, "a.local AND a.type IN ('Person', 'Group') AND a.deleted_at IS NULL")
}

// Suspend hides an actor and all that it wrote, and takes nothing from it any
// more; zero lifts that.
func (tx *Tx) Suspend(ctx context.Context, key Key, at time.Time) error {
	_, err := tx.db.NewRaw("UPDATE actors SET suspended_at = ? WHERE key = ?", bun.NullTime{Time: at}, key).Exec(ctx)
	return err
}

// DeleteActor makes an actor a tombstone: what it wrote and did goes, its row
// stays so that its address answers 410 and its key is not fetched again.
func (tx *Tx) DeleteActor(ctx context.Context, key Key) error {
	owned, err := tx.ownedBy(ctx, key)
	if err != nil {
		return err
	}
	for _, q := range []string{
		forgetSaid + "n.author = ?",
		"DELETE FROM notes WHERE author = ?",
		"DELETE FROM edges WHERE actor = ?",
		"DELETE FROM edges WHERE object = ?",
		"DELETE FROM notifications WHERE actor = ?",
		"DELETE FROM votes WHERE voter = ?",
		"DELETE FROM reactions WHERE actor = ?",
		"UPDATE actors SET deleted_at = now() WHERE key = ?",
	} {
		if _, err := tx.db.NewRaw(q, key).Exec(ctx); err != nil {
			return err
		}
	}
	for _, group := range owned {
		if err := tx.keepOwner(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// ForgetInbox stops deliveries to an inbox that says it is gone, and reports
// whether it was a shared one. Who is reached through a shared inbox is reached at
// their own from now on; whose own it is follows no more.
func (tx *Tx) ForgetInbox(ctx context.Context, inbox string) (shared bool, err error) {
	shared, err = changed(tx.db.NewRaw("UPDATE actors SET shared_inbox = inbox WHERE shared_inbox = ? AND shared_inbox <> inbox AND NOT local", inbox).Exec(ctx))
	if err != nil {
		return shared, err
	}
	_, err = tx.db.NewRaw(`DELETE FROM edges AS e USING actors AS a
		WHERE e.actor = a.key AND e.kind IN ('follow', 'follow frozen', 'member', 'member frozen') AND NOT a.local AND a.shared_inbox = ?0 AND a.inbox = ?0`, inbox).Exec(ctx)
	return shared, err
}
