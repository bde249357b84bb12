package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
	"entente.example/entente/activity/memory"
)

// How many rows are remembered: the people and posts on the pages that are read just now.
// Each costs some kB.
const (
	knownActors = 3000
	knownNotes  = 2000
)

// knownFor is how long an actor is remembered as the row of one transaction. Numbers of
// transactions are not used twice, unless a server takes over that had not heard of the
// last ones.
const knownFor = 5 * time.Minute

// recalled remembers what rows say, since to read the same 30 people and 20 posts again was
// half of what a page cost. Nothing can be out of date: see its parts. What it gives is
// shared, and not to be changed.
type recalled struct {
	actors *memory.Of[Key, knownActor]
	notes  *memory.Of[Key, knownNote]
}

// knownActor is what the row said that a transaction had written (xmin, PostgreSQL 5.5).
type knownActor struct {
	version int64
	until   time.Time
	Actor
}

// knownNote is what a document says.
type knownNote struct {
	doc  string
	note activity.Note
}

func newRecalled() *recalled {
	return &recalled{memory.New[Key, knownActor](knownActors), memory.New[Key, knownNote](knownNotes)}
}

// note is what a row says. Its document is compared with the one that was read.
func (m *recalled) note(r noteRow) Note {
	seen, ok := m.notes.Get(r.Key)
	if ok && seen.doc == string(r.Doc) {
		return r.as(seen.note)
	}
	n := r.note()
	m.notes.Put(r.Key, knownNote{string(r.Doc), n.Note})
	return n
}

// actorVersion is which version of a row is the one that is seen now.
type actorVersion struct{ Key, Version int64 }

// actorVersions is how they are asked for.
const actorVersions = "SELECT a.key, a.xmin::text::bigint AS version FROM actors AS a "

// inOrder are the actors in these versions, in this order.
func (q query) inOrder(ctx context.Context, at []actorVersion) ([]Actor, error) {
	found, err := q.actorsAt(ctx, at)
	return each(at, func(v actorVersion) Actor { return found[Key(v.Key)] }), err
}

// actorsAt are those in these versions; a row is read only when it is another one.
func (q query) actorsAt(ctx context.Context, at []actorVersion) (map[Key]Actor, error) {
	found, missing, now := make(map[Key]Actor, len(at)), []Key{}, time.Now()
	for _, v := range at {
		if a, ok := q.recalled.actors.Get(Key(v.Key)); ok && a.version == v.Version && now.Before(a.until) {
			found[a.Key] = a.Actor
		} else {
			missing = append(missing, Key(v.Key))
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	var rows []struct {
		actorRow
		Version int64
	}
	err := q.list(ctx, &rows, "SELECT "+actorColumns+", a.xmin::text::bigint AS version FROM actors AS a WHERE a.key = ANY ($1::bigint[])", numbers(missing))
	_, isPool := q.db.(*bun.DB) // a transaction sees what it has written itself, which may change again or never be
	for _, r := range rows {
		a := r.actor()
		found[r.Key] = a
		if isPool {
			q.recalled.actors.Put(r.Key, knownActor{r.Version, now.Add(knownFor), a})
		}
	}
	return found, err
}
