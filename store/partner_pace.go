package store

import (
	"context"
	"time"
)

// The pace of a partner is the rule of package limit, kept in its row, where all processes
// count together: when the minute's allowance is full again. $2 is now, $3 how long one
// post takes of it, in seconds.
const (
	oneBroughtMore = "greatest(brought_full, $2::timestamptz) + $3::float8 * interval '1 second'"
	oneSentMore    = "greatest(sent_full, $2::timestamptz) + $3::float8 * interval '1 second'"
)

// TakeBrought counts one more post that a partner's people bring, unless that would be more
// than so many in a minute (false).
func (q query) TakeBrought(ctx context.Context, host string, posts int, now time.Time) (bool, error) {
	return changed(q.bound().exec(ctx, "UPDATE partners SET brought_full = "+oneBroughtMore+" WHERE host = $1 AND "+oneBroughtMore+" <= $2::timestamptz + interval '1 minute'", host, now, ofAMinute(posts)))
}

// TakeSent counts one more post that ours bring to a partner, likewise.
func (q query) TakeSent(ctx context.Context, host string, posts int, now time.Time) (bool, error) {
	return changed(q.bound().exec(ctx, "UPDATE partners SET sent_full = "+oneSentMore+" WHERE host = $1 AND "+oneSentMore+" <= $2::timestamptz + interval '1 minute'", host, now, ofAMinute(posts)))
}

// GiveBackSent forgets one that was counted and has not arrived.
func (q query) GiveBackSent(ctx context.Context, host string, posts int) error {
	_, err := q.bound().exec(ctx, "UPDATE partners SET sent_full = sent_full - $2::float8 * interval '1 second' WHERE host = $1", host, ofAMinute(posts))
	return err
}

// ofAMinute is how many seconds one of so many posts in a minute takes.
func ofAMinute(posts int) float64 { return time.Minute.Seconds() / float64(posts) }
