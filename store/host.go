package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Host is what is known of a host besides its people: how it is doing, where we deliver
// to it, how it is spoken to, what it runs.
type Host struct {
	bun.BaseModel `bun:"table:hosts,alias:h"`

	Host         string `bun:",pk"`
	Failures     int    // in a row
	DownSince    bun.NullTime
	ProbeAt      bun.NullTime
	SucceededAt  bun.NullTime
	Reason       string
	PausedUntil  bun.NullTime // it asked us to stay away (Retry-After)
	Dropped      int64        // deliveries that were given up
	Dialect      string       // see Store.Dialect
	DialectUntil bun.NullTime
	SeenAt       time.Time // when something of this was found out
	Software     string    // what it says that it runs, "" where that is not known
	Version      string
	AskedAt      bun.NullTime // for the software
	Delivered    int64        // deliveries that have arrived, but for the last seconds
}

// Down says that deliveries wait for a probe.
func (h Host) Down() bool { return !h.DownSince.IsZero() }

// Host is how this host is doing; one that was never met is doing well.
func (q query) Host(ctx context.Context, host string) (Host, error) {
	h := Host{Host: host}
	err := q.db.NewSelect().Model(&h).Where("h.host = ?", host).Scan(ctx)
	if _, err = one(h, err); err != nil && activity.KindOf(err) == activity.NotFound {
		return Host{Host: host}, nil
	}
	return h, err
}

// CountDown counts the hosts that are down.
func (q query) CountDown(ctx context.Context) (int, error) {
	var n int
	err := q.db.NewRaw("SELECT count(*) FROM hosts WHERE down_since IS NOT NULL").Scan(ctx, &n)
	return n, err
}

// StillDown says whether a host is down, and keeps it so until this transaction
// ends: what is parked in it cannot miss the moment when the host is up again.
func (tx *Tx) StillDown(ctx context.Context, host string) (bool, error) {
	var down bool
	err := tx.db.NewRaw("SELECT down_since IS NOT NULL FROM hosts WHERE host = ? FOR SHARE", host).Scan(ctx, &down)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return down, err
}

// Served notes that deliveries to these hosts have arrived. Those that are down
// stay so: see Succeeded.
func (tx *Tx) Served(ctx context.Context, hosts []string) error {
	_, err := tx.bound().exec(ctx, `INSERT INTO hosts AS h (host, succeeded_at, seen_at) SELECT DISTINCT host, $2::timestamptz, $2 FROM unnest($1::text[]) AS host ORDER BY host
		ON CONFLICT (host) DO UPDATE SET failures = 0, paused_until = NULL, succeeded_at = $2, seen_at = $2, reason = '' WHERE h.down_since IS NULL`, hosts, tx.Now)
	return err
}

// Succeeded notes that a host has taken a delivery, and reports whether it was down
// until then. Then all that has failed there waits to be called back, oldest first, like
// what was Held or sent Away: see Recall.
func (tx *Tx) Succeeded(ctx context.Context, host string) (wasDown bool, err error) {
	err = tx.db.NewRaw("SELECT down_since IS NOT NULL FROM hosts WHERE host = ? FOR UPDATE", host).Scan(ctx, &wasDown)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	_, err = tx.db.NewRaw(`INSERT INTO hosts (host, succeeded_at, seen_at) VALUES (?0, ?1, ?1)
		ON CONFLICT (host) DO UPDATE SET failures = 0, down_since = NULL, probe_at = NULL, paused_until = NULL, succeeded_at = ?1, seen_at = ?1, reason = ''`, host, tx.Now).Exec(ctx)
	if err == nil && wasDown {
		_, err = tx.db.NewRaw("UPDATE parked SET reason = ?1 WHERE host = ?0 AND dead_at IS NULL AND reason NOT IN (?1, ?2, ?3)", host, Held, Away, Behind).Exec(ctx)
	}
	return wasDown, err
}

// Paused notes that a host has asked us to stay away until then. It is not down: it
// has answered.
func (tx *Tx) Paused(ctx context.Context, host, reason string, until time.Time) error {
	_, err := tx.db.NewRaw(`INSERT INTO hosts AS h (host, paused_until, reason, seen_at) VALUES (?0, ?1, ?2, ?3)
		ON CONFLICT (host) DO UPDATE SET paused_until = greatest(h.paused_until, EXCLUDED.paused_until), reason = EXCLUDED.reason, seen_at = EXCLUDED.seen_at`, host, until, clip(reason), tx.Now).Exec(ctx)
	return err
}

// Failed notes that a delivery did not arrive and reports whether that was one
// too many: from down failures in a row on the host is down until a probe at
// probeAt. From then on only probes count; what was still under way would put
// the next probe off for no reason.
func (tx *Tx) Failed(ctx context.Context, host, reason string, probe bool, down int, probeAt func(failures int) time.Time) (wentDown bool, err error) {
	var failures int
	err = tx.db.NewRaw(`INSERT INTO hosts AS h (host, failures, reason, seen_at) VALUES (?, 1, ?, ?)
		ON CONFLICT (host) DO UPDATE SET
			failures = h.failures + CASE WHEN ? OR h.down_since IS NULL THEN 1 ELSE 0 END,
			reason = EXCLUDED.reason, seen_at = EXCLUDED.seen_at
		RETURNING failures`, host, clip(reason), tx.Now, probe).Scan(ctx, &failures)
	if err != nil || failures < down {
		return false, err
	}
	put, err := changed(tx.db.NewRaw(`UPDATE hosts SET down_since = coalesce(down_since, ?), probe_at = ?
		WHERE host = ? AND (? OR down_since IS NULL)`, tx.Now, probeAt(failures), host, probe).Exec(ctx))
	return put && !probe, err
}

// SignOfLife brings the next probe of hosts that are down near, for they have just
// spoken to us. One that is due soon, or may be under way, is waited for.
func (tx *Tx) SignOfLife(ctx context.Context, hosts ...string) error {
	_, err := tx.bound().exec(ctx, `UPDATE hosts SET probe_at = $1 WHERE host IN (SELECT host FROM hosts
		WHERE host = ANY ($2) AND down_since IS NOT NULL AND probe_at > $3 ORDER BY host FOR UPDATE)`, // in order: nobody waits in a circle
		tx.Now.Add(limits.ProbePause), hosts, tx.Now.Add(limits.ProbeTime))
	return err
}

// ForgetHosts removes what is known of hosts of which nothing was found out since that
// time, and returns how many there were. Those stay that are partners, of whom we know
// people, and for which something waits.
func (tx *Tx) ForgetHosts(ctx context.Context, before time.Time) (int, error) {
	return count(tx.db.NewRaw(`DELETE FROM hosts AS h WHERE h.seen_at < ?
		AND NOT EXISTS (SELECT FROM partners AS pa WHERE pa.host = h.host)
		AND NOT EXISTS (SELECT FROM actors AS a WHERE a.origin = h.host AND NOT a.local)
		AND NOT EXISTS (SELECT FROM parked AS p WHERE p.host = h.host AND p.dead_at IS NULL)`, before).Exec(ctx))
}
