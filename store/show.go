package store

import (
	"context"
	"math"
	"slices"

	"entente.example/entente/activity"
)

// A post is shown to all of few followers in its own transaction; of many, to those whom it
// names, and to the rest by a job, a page in each transaction (decision 9).
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
	rest, err := tx.showPage(ctx, s, shownAtOnce, true)
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

// showPage goes through so many more edges, shows a note to our people among them, and says
// which are left: Before 0 for none. first: where there are more than these, only its author
// and whom it names have it, as far as they have such an edge, and all are left.
func (tx *Tx) showPage(ctx context.Context, s Show, most int, first bool) (Show, error) {
	var n int
	var last Key
	err := tx.bound().row(ctx, `WITH page AS (SELECT e.actor, e.key FROM edges AS e WHERE e.kind = $2 AND e.object = $3 AND e.accepted AND e.key < $4 ORDER BY e.key DESC LIMIT $5),
		shown AS (INSERT INTO timeline (reader, key, note)
			SELECT m.actor, n.key, n.key FROM notes AS n JOIN members AS m
				ON m.actor = ANY (CASE WHEN $6 AND (SELECT count(*) = $5 FROM page) THEN n.author || n.addressed ELSE ARRAY (SELECT actor FROM page) END)
			WHERE n.key = $1 AND (NOT $6 OR (SELECT f.accepted FROM edges AS f WHERE f.kind = $2 AND f.actor = m.actor AND f.object = $3))
				AND (n.reply_to IS NULL OR $2 = 'member' OR EXISTS (SELECT FROM notes AS p WHERE p.key = n.reply_to AND (p.author IN (m.actor, $3)
					OR EXISTS (SELECT FROM edges AS f WHERE f.kind = 'follow' AND f.actor = m.actor AND f.object = p.author AND f.accepted))))
			ON CONFLICT DO NOTHING)
		SELECT count(*), coalesce(min(key), 0) FROM page`, []any{int64(s.Note), s.Edges, int64(s.Of), int64(s.Before), most, first}, &n, &last)
	switch {
	case n < most:
		s.Before = 0
	case !first:
		s.Before = last
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
			rest, err = tx.showPage(ctx, rest, shownPage, false)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
