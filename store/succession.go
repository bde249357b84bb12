package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Succession is who goes on with a group when its host does not.
type Succession struct {
	bun.BaseModel `bun:"table:successions,alias:su"`

	Group     Key `bun:"group_key,pk"`
	Version   int64
	Since     int64           // the first version that named this one, for this silence
	Successor activity.ID     // its instance actor; "": nobody
	Silence   int             // days after which it may claim the group
	Named     json.RawMessage // as the host has signed it
	Accepted  json.RawMessage `bun:",nullzero"` // as the successor has; nil: not yet
	Declined  bool
	HandedAt  time.Time       `bun:",nullzero"` // its host has begun to hand the group over
	Heir      Key             `bun:",nullzero"` // the group of ours in which it goes on
	CopiedAt  time.Time       `bun:",nullzero"` // the list of its people was read
	Settings  json.RawMessage `bun:",nullzero"` // what its host lets them do
	ClaimedAt time.Time       `bun:",nullzero"` // we have claimed it
	SaidAt    time.Time       `bun:",nullzero"` // and have said so last
}

// Succession is what was said last of who goes on with a group, or NotFound.
func (q query) Succession(ctx context.Context, group Key) (Succession, error) {
	var s Succession
	err := q.db.NewSelect().Model(&s).Where("su.group_key = ?", group).Scan(ctx)
	return one(s, err)
}

// Successions are those of all groups in which an instance actor is named, with the groups.
func (q query) Successions(ctx context.Context, successor activity.ID) ([]Succession, error) {
	var all []Succession
	err := q.db.NewSelect().Model(&all).Where("su.successor = ?", successor).OrderExpr("su.version").Scan(ctx)
	return all, err
}

// LearnSuccession keeps what is said of who goes on with a group, if it is newer than
// what is known, or the same with the word of the successor, and says whether it was. Who has
// declined has to be named anew. While the successor has not answered to the same said anew, its last word counts.
func (tx *Tx) LearnSuccession(ctx context.Context, s Succession) (isNew bool, err error) {
	s.Since = s.Version
	return changed(tx.db.NewInsert().Model(&s).On("CONFLICT (group_key) DO UPDATE").
		Set("version = EXCLUDED.version, successor = EXCLUDED.successor, silence = EXCLUDED.silence, named = EXCLUDED.named").
		Set("accepted = CASE WHEN su.successor = EXCLUDED.successor AND su.silence = EXCLUDED.silence THEN coalesce(EXCLUDED.accepted, su.accepted) ELSE EXCLUDED.accepted END, declined = false, handed_at = CASE WHEN su.successor = EXCLUDED.successor THEN su.handed_at END").
		Set("since = CASE WHEN su.successor = EXCLUDED.successor AND su.silence = EXCLUDED.silence THEN su.since ELSE EXCLUDED.since END").
		Where("su.version < EXCLUDED.version OR su.version = EXCLUDED.version AND su.named = EXCLUDED.named AND EXCLUDED.accepted IS DISTINCT FROM su.accepted AND EXCLUDED.accepted IS NOT NULL AND NOT su.declined").Exec(ctx))
}

// DeclineSuccession notes that the successor does not want to be one.
func (tx *Tx) DeclineSuccession(ctx context.Context, s Succession) (bool, error) {
	return changed(tx.db.NewUpdate().Model(&s).Set("declined = true, accepted = NULL").
		Where("group_key = ? AND version = ? AND NOT declined", s.Group, s.Version).Exec(ctx))
}

// HandOver notes that a group of ours is being handed over.
func (tx *Tx) HandOver(ctx context.Context, group Key) error {
	_, err := tx.bound().exec(ctx, "UPDATE successions SET handed_at = $2 WHERE group_key = $1", int64(group), tx.Now)
	return err
}

// Inherit notes in which group of ours one goes on.
func (tx *Tx) Inherit(ctx context.Context, group, heir Key) error {
	_, err := tx.bound().exec(ctx, "UPDATE successions SET heir = $2 WHERE group_key = $1", int64(group), int64(heir))
	return err
}

// AllSuccessions are those of all groups.
func (q query) AllSuccessions(ctx context.Context) ([]Succession, error) {
	var all []Succession
	err := q.db.NewSelect().Model(&all).OrderExpr("su.group_key").Scan(ctx)
	return all, err
}

// Copied keeps what the host of a group lets its people do.
func (tx *Tx) Copied(ctx context.Context, group Key, now time.Time, settings json.RawMessage) error {
	_, err := tx.bound().exec(ctx, "UPDATE successions SET copied_at = $2, settings = $3 WHERE group_key = $1", int64(group), now, settings)
	return err
}

// Claim notes that a claim is said, and says whether it was not within this time.
func (tx *Tx) Claim(ctx context.Context, group Key, now time.Time, within time.Duration) (bool, error) {
	n, err := count(tx.bound().exec(ctx, `UPDATE successions SET claimed_at = coalesce(claimed_at, $2), said_at = $2 WHERE group_key = $1 AND (said_at IS NULL OR said_at <= $3)`,
		int64(group), now, now.Add(-within)))
	return n > 0, err
}

// PeopleIn counts the members of a group on an origin (activity.ID.Host of their ids).
func (q query) PeopleIn(ctx context.Context, group Key, origin string) (int, error) {
	d, err := q.Digest(ctx, Membership, group, origin)
	return d.People, err
}
