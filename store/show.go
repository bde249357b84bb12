package store

import (
	"context"
	"math"
	"slices"

	"entente.example/entente/activity"
)

// A post of somebody with many followers here is shown to the first of them in its own
// transaction, and to the rest by a job, a page in each transaction (decision 9).
const (
	shownAtOnce = 200
	shownPage   = 2000
)

// FanToFollowers puts a note of an author on the timelines of the author and of
// our people who follow; an answer only where the reader follows whom it answers.
func (tx *Tx) FanToFollowers(ctx context.Context, n Note) error {
	if tx.putOffShowing(n.Key) {
		return nil
	}
	if n.Local {
		_, err := tx.bound().exec(ctx, `INSERT INTO timeline (reader, key, note)
			SELECT m.actor, $1::bigint, $1::bigint FROM members AS m WHERE m.actor = $2 ON CONFLICT DO NOTHING`, int64(n.Key), int64(n.AuthorKey))
		if err != nil {
			return err
		}
	}
	return tx.show(ctx, Show{n.Key, Follow, n.AuthorKey, math.MaxInt64})
}

// FanToMembers puts a group's note on the timelines of our people in the group.
func (tx *Tx) FanToMembers(ctx context.Context, n Note, group Key) error {
	return tx.show(ctx, Show{n.Key, Membership, group, math.MaxInt64})
}

func (tx *Tx) show(ctx context.Context, s Show) error {
	if err := tx.awaitAnswers(ctx, s.Edges, int64(s.Of)); err != nil {
		return err
	}
	rest, err := tx.showPage(ctx, s, shownAtOnce)
	if err != nil || rest.Before == 0 {
		return err
	}
	return tx.Enqueue(ctx, rest)
}

// awaitAnswers waits for the transactions that are just accepting a request to one of
// objects. Either a post sees the new follower, or the acceptance sees the post:
// see CatchUp. Once for each transaction is enough: what is asked for later is later
// than the post.
func (tx *Tx) awaitAnswers(ctx context.Context, kind string, objects ...int64) error {
	objects = slices.DeleteFunc(slices.Clone(objects), func(object int64) bool { return tx.awaited[awaited{kind, object}] })
	if len(objects) == 0 {
		return nil
	}
	_, err := tx.bound().exec(ctx, "SELECT FROM edges WHERE object = ANY ($1) AND kind = $2 AND NOT accepted FOR SHARE", objects, kind)
	if tx.awaited == nil {
		tx.awaited = map[awaited]bool{}
	}
	for _, object := range objects {
		tx.awaited[awaited{kind, object}] = err == nil
	}
	return err
}

type awaited struct {
	kind   string
	object int64
}

// showPage shows a note to at most so many more, and says who is left: Before 0 for
// nobody.
func (tx *Tx) showPage(ctx context.Context, s Show, most int) (Show, error) {
	var n int
	err := tx.bound().row(ctx, `WITH page AS (SELECT e.actor, e.key FROM edges AS e JOIN members AS m ON m.actor = e.actor
			WHERE e.kind = $2 AND e.object = $3 AND e.accepted AND e.key < $4 ORDER BY e.key DESC LIMIT $5),
		shown AS (INSERT INTO timeline (reader, key, note)
			SELECT page.actor, n.key, n.key FROM page, notes AS n WHERE n.key = $1
				AND (n.reply_to IS NULL OR $2 = 'member' OR EXISTS (SELECT FROM notes AS p WHERE p.key = n.reply_to AND (p.author IN (page.actor, $3)
					OR EXISTS (SELECT FROM edges AS f WHERE f.kind = 'follow' AND f.actor = page.actor AND f.object = p.author AND f.accepted))))
			ON CONFLICT DO NOTHING)
		SELECT count(*), coalesce(min(key), 0) FROM page`, []any{int64(s.Note), s.Edges, int64(s.Of), int64(s.Before), most}, &n, &s.Before)
	if n < most {
		s.Before = 0
	}
	return s, err
}

// Show does the job, as often as it is asked to: who has the note has it.
func (s *Store) Show(ctx context.Context, rest Show) error {
	for rest.Before != 0 {
		err := s.InTx(ctx, func(tx *Tx) (err error) {
			n, known, err := activity.Optional(tx.NoteByKey(ctx, rest.Note))
			if err != nil || !known || rest.Edges == Membership && n.In() != rest.Of {
				rest.Before = 0 // it is gone, or out of the group again
				return err
			}
			rest, err = tx.showPage(ctx, rest, shownPage)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
