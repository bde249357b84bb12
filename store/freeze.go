package store

import "context"

// Frozen is the kind of a tie that stands still: the agreement lets it no more. It counts for
// nothing, is as it was when the agreement lets it again, and can be taken back meanwhile.
func Frozen(kind string) string { return kind + " frozen" }

// Leave is what an agreement lets of the ties of one kind that go one way between the
// people of two companies.
type Leave struct {
	Kind     string // Follow or Membership
	Host     string // of the partner
	Ours     bool   // of our people to theirs, or to their groups
	Nobody   bool
	Everyone bool
	People   []string // otherwise these, by their ids
	Programs bool     // also those that nobody types
}

// frozenAtOnce is how many ties one transaction holds or lets go on.
const frozenAtOnce = 1000

// Freeze lets some ties stand still that an agreement does not let, and some go on that it
// lets again. more says that there may be others.
func (tx *Tx) Freeze(ctx context.Context, l Leave) (more bool, err error) {
	tx.unmake()
	if l.People == nil {
		l.People = []string{}
	}
	for _, way := range []struct {
		from, to string
		may      bool
	}{{l.Kind, Frozen(l.Kind), false}, {Frozen(l.Kind), l.Kind, true}} {
		args := []any{way.from, way.to, l.Host, way.may, l.Nobody, l.Everyone, l.People, l.Programs, frozenAtOnce}
		move := func() (bool, error) { return changed(tx.bound().exec(ctx, freezeTheirs, args...)) }
		if l.Ours {
			move = func() (bool, error) { return changed(tx.bound().exec(ctx, freezeOurs, args...)) }
		}
		some, err := move()
		if err != nil {
			return false, err
		}
		more = more || some
	}
	return more, nil
}

// Ties are moved from one kind ($1) to another ($2): made anew, since digests are kept of what
// comes and goes. t is the partner's actor, h ours.
const (
	freezeTheirs = `WITH found AS (SELECT e.key FROM actors AS t JOIN edges AS e ON e.actor = t.key AND e.kind = $1 JOIN actors AS h ON h.key = e.object` + freezeFound
	freezeOurs   = `WITH found AS (SELECT e.key FROM actors AS t JOIN edges AS e ON e.object = t.key AND e.kind = $1 JOIN actors AS h ON h.key = e.actor` + freezeFound
	freezeFound  = ` JOIN actors AS who ON who.key = e.actor
			WHERE h.local AND NOT t.local AND t.origin = $3 AND $4 = (NOT $5 AND ($6 OR who.iri = ANY ($7::text[]))
				AND ($8 OR who.type NOT IN ('Service', 'Application'))) LIMIT $9),
		gone AS (DELETE FROM edges AS e USING found AS f WHERE e.key = f.key RETURNING e.*)
		INSERT INTO edges (key, kind, actor, object, accepted, iri, earlier, detail, created_at)
		SELECT key, $2, actor, object, accepted, iri, earlier, detail, created_at FROM gone ON CONFLICT (kind, actor, object) DO NOTHING`
)

// CutFrozen takes somebody's own ties away that stand still.
func (tx *Tx) CutFrozen(ctx context.Context, who Key) error {
	_, err := tx.db.NewRaw("DELETE FROM edges WHERE actor = ? AND kind IN (?, ?)", who, Frozen(Follow), Frozen(Membership)).Exec(ctx)
	return err
}
