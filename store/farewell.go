package store

import (
	"context"

	"entente.example/entente/activity"
)

// partedAtOnce is how many edges one transaction cuts, once an agreement has ended.
const partedAtOnce = 1000

// Part ends what is between our people and those of a host: who follows whom, who is in
// whose group or invited there. A new agreement brings none of it back. A group of ours that
// one of them owned has an owner of those who are left. What is more than one transaction
// should do is left to a job: what they may do ends with the partner, not with the edges.
func (tx *Tx) Part(ctx context.Context, host string) error {
	_, err := tx.db.NewRaw("INSERT INTO farewells (host, before) VALUES (?0, ?1) ON CONFLICT (host) DO UPDATE SET before = ?1", host, NewKey(tx.Now)).Exec(ctx)
	if err == nil {
		err = tx.disown(ctx, host)
	}
	if err != nil {
		return err
	}
	left, err := tx.partPage(ctx, host)
	if err == nil && left {
		err = tx.Enqueue(ctx, PartRest{host})
	}
	return err
}

// PartRest does the job, as often as it is asked to.
func (s *Store) PartRest(ctx context.Context, job PartRest) error {
	for left := true; left; {
		err := s.InTx(ctx, func(tx *Tx) (err error) {
			left, err = tx.partPage(ctx, job.Host)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// partWhole does at once what the job has not done yet: whoever becomes a partner again
// finds nothing of what was.
func (tx *Tx) partWhole(ctx context.Context, host string) (err error) {
	for left := true; left && err == nil; {
		left, err = tx.partPage(ctx, host)
	}
	return err
}

// partPage cuts some edges from before the end, and says whether there may be more.
func (tx *Tx) partPage(ctx context.Context, host string) (left bool, err error) {
	if err := tx.TakeTurns(ctx, activity.ID("part "+host)); err != nil {
		return false, err
	}
	n, err := count(tx.db.NewRaw(`DELETE FROM edges WHERE key IN (SELECT e.key FROM farewells AS f JOIN actors AS a ON f.host IN (a.origin, a.host) AND NOT a.local
			JOIN edges AS e ON (e.actor = a.key OR e.object = a.key) AND e.key <= f.before
		WHERE f.host = ?0 AND e.kind IN ('follow', 'follow frozen', 'member', 'member frozen', 'moderator', 'owner', 'invite') LIMIT ?1)`, host, partedAtOnce).Exec(ctx))
	if err != nil || n == partedAtOnce {
		return err == nil, err
	}
	_, err = tx.db.NewRaw("UPDATE farewells SET before = NULL WHERE host = ? AND before IS NOT NULL", host).Exec(ctx)
	return false, err
}

// disown gives the groups of ours that people of a host own to somebody who is left.
func (tx *Tx) disown(ctx context.Context, host string) error {
	var groups []Key
	err := tx.db.NewRaw(`WITH cut AS (DELETE FROM edges AS e USING actors AS a, groups AS g
			WHERE e.kind = 'owner' AND a.key = e.actor AND NOT a.local AND ? IN (a.origin, a.host) AND g.actor = e.object RETURNING e.object)
		SELECT DISTINCT object FROM cut`, host).Scan(ctx, &groups)
	for _, group := range groups {
		if err == nil {
			err = tx.keepOwner(ctx, group)
		}
	}
	return err
}
