package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity/limits"
)

// Parked is a job that waits in Postgres for its next try, or that was given
// up. The queue itself never holds a job that cannot run now, so one dead
// partner takes no room in it.
type Parked struct {
	bun.BaseModel `bun:"table:parked,alias:p"`

	Job      string `bun:",pk"`
	Seq      int64  `bun:",autoincrement"`
	Kind     string
	Payload  string
	Host     string // of a delivery, else ""
	Tries    int
	DueAt    time.Time
	DeadAt   bun.NullTime // set: given up, kept to be looked at and retried by hand
	Reason   string
	Status   int       // of the last answer of the host, 0: there was none
	Answer   string    // its first bytes, which are a stranger's
	Trace    string    // see Promise
	Urgent   bool      // see Deliver
	ParkedAt time.Time `bun:",nullzero,default:now()"`
}

// Park keeps a job until DueAt, or for good when DeadAt is set. Parking the
// same job again moves it.
func (tx *Tx) Park(ctx context.Context, p Parked) error {
	_, err := tx.db.NewRaw(`INSERT INTO parked AS p (job, kind, payload, host, tries, due_at, dead_at, reason, status, answer, trace, urgent)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job) DO UPDATE SET
		tries = EXCLUDED.tries, due_at = EXCLUDED.due_at, dead_at = EXCLUDED.dead_at, reason = EXCLUDED.reason, trace = EXCLUDED.trace,
		status = CASE EXCLUDED.status WHEN 0 THEN p.status ELSE EXCLUDED.status END,
		answer = CASE EXCLUDED.status WHEN 0 THEN p.answer ELSE EXCLUDED.answer END`,
		p.Job, p.Kind, p.Payload, p.Host, p.Tries, p.DueAt, p.DeadAt, clip(p.Reason), p.Status, clip(p.Answer), p.Trace, p.Urgent).Exec(ctx)
	return err
}

// Why jobs are parked that were not tried.
const (
	Held   = "the host is down"
	Asked  = "the host asked us to wait"
	Away   = "many deliveries to this host at once"
	Behind = "behind" // an earlier one about the same thing
	Paused = "the agreement with this partner is suspended"
)

// Resume lets go what has waited for an agreement that is suspended no more.
func (tx *Tx) Resume(ctx context.Context, host string) error {
	_, err := tx.db.NewRaw("UPDATE parked SET due_at = ? WHERE host = ? AND dead_at IS NULL AND reason = ?", tx.Now, host, Paused).Exec(ctx)
	return err
}

// clip makes a reason, which may quote a partner, fit to be kept: Postgres
// takes neither half a character nor a NUL.
func clip(reason string) string {
	reason = reason[:min(len(reason), limits.Reason)]
	return strings.ReplaceAll(strings.ToValidUTF8(reason, ""), "\x00", "")
}

// Unpark forgets a parked job, which has been done; it need not be there.
func (tx *Tx) Unpark(ctx context.Context, job string) error {
	_, err := tx.db.NewRaw("DELETE FROM parked WHERE job = ? AND dead_at IS NULL", job).Exec(ctx)
	return err
}

// Release moves up to n due jobs back to the outbox, those that are due for
// longest first, and returns how many. Jobs for a host that is down stay: see
// Probe. Several workers may release at once.
func (tx *Tx) Release(ctx context.Context, n int) (int, error) {
	r, err := tx.db.NewRaw(`WITH due AS (
			SELECT p.job FROM parked AS p
			WHERE p.dead_at IS NULL AND p.due_at <= ?0
				AND NOT EXISTS (SELECT FROM hosts AS h WHERE h.host = p.host AND h.down_since IS NOT NULL)
			ORDER BY p.due_at, p.seq LIMIT ?1 FOR UPDATE SKIP LOCKED),
		moved AS (
			DELETE FROM parked USING due WHERE parked.job = due.job RETURNING parked.*)
		INSERT INTO outbox (job, kind, payload, tries, trace)
		SELECT job, kind, payload, tries, trace FROM moved ORDER BY due_at, seq`, tx.Now, n).Exec(ctx)
	return tx.released(r, err)
}

// Probe sends out one job for each host that is down and whose next probe is
// due, the one with the fewest tries, and puts the host's next probe off to
// next. The job stays parked as well, which is how a worker knows a probe (see
// Down), and why a probe that gets lost costs nothing.
func (tx *Tx) Probe(ctx context.Context, next time.Time) (int, error) {
	r, err := tx.db.NewRaw(`WITH probed AS (
			UPDATE hosts SET probe_at = ?1 WHERE down_since IS NOT NULL AND probe_at <= ?0 RETURNING host)
		INSERT INTO outbox (job, kind, payload, tries, trace)
		SELECT p.job, p.kind, p.payload, p.tries, p.trace FROM probed AS h CROSS JOIN LATERAL (
			SELECT * FROM parked WHERE parked.host = h.host AND dead_at IS NULL AND reason <> ?2 ORDER BY tries, seq LIMIT 1) AS p`,
		tx.Now, next, Behind).Exec(ctx)
	return tx.released(r, err)
}

// Recall moves up to n of the jobs that were held for a host, or sent away, back to
// the outbox before they are due, the urgent ones and then the oldest first. While it is down there are none.
func (tx *Tx) Recall(ctx context.Context, host string, n int) (int, error) {
	r, err := tx.db.NewRaw(`WITH next AS (
			SELECT job FROM parked WHERE host = ?0 AND dead_at IS NULL AND reason IN (?1, ?2)
				AND NOT EXISTS (SELECT FROM hosts AS h WHERE h.host = ?0 AND h.down_since IS NOT NULL)
			ORDER BY urgent DESC, seq LIMIT ?3 FOR UPDATE SKIP LOCKED),
		moved AS (
			DELETE FROM parked USING next WHERE parked.job = next.job RETURNING parked.*)
		INSERT INTO outbox (job, kind, payload, tries, trace)
		SELECT job, kind, payload, tries, trace FROM moved ORDER BY urgent DESC, seq`, host, Held, Away, n).Exec(ctx)
	return tx.released(r, err)
}

// GiveUp lets the jobs die that have waited since before that time, as they do
// for a host that never comes back, and returns how many. What waits for no host waits
// for its time.
func (tx *Tx) GiveUp(ctx context.Context, before time.Time) (int, error) {
	r, err := tx.db.NewRaw(`WITH late AS (
			UPDATE parked AS p SET dead_at = ?0, reason = left('too_late: ' || p.reason || coalesce(
				(SELECT '; it last failed with: ' || h.reason FROM hosts AS h WHERE h.host = p.host AND h.reason <> '' AND p.reason = ?3), ''), ?4)
			WHERE p.job IN (
				SELECT job FROM parked WHERE dead_at IS NULL AND parked_at < ?1 AND (host <> '' OR due_at <= ?0) FOR UPDATE SKIP LOCKED)
			RETURNING p.*),
		gone AS (
			SELECT l.host, l.reason, (l.payload::json->>'activity')::bigint AS activity, l.payload::json->>'inbox' AS inbox FROM late AS l WHERE l.kind = ?2),
		settled AS (
			UPDATE deliveries AS d SET settled_at = ?0, outcome = g.reason FROM gone AS g WHERE d.activity = g.activity AND d.inbox = g.inbox),
		counted AS (
			UPDATE hosts AS h SET dropped = h.dropped + g.n FROM (SELECT host, count(*) AS n FROM gone GROUP BY host) AS g WHERE h.host = g.host)
		SELECT FROM late`, tx.Now, before, Deliver{}.Kind(), Held, limits.Reason).Exec(ctx)
	return count(r, err)
}

func (tx *Tx) released(r sql.Result, err error) (int, error) {
	n, err := count(r, err)
	tx.promises += n
	return n, err
}

func count(r sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}

// Retry makes all jobs for a host due now, the dead ones too, forgets that it
// was down and returns how many jobs that concerns.
func (tx *Tx) Retry(ctx context.Context, host string) (int, error) {
	if _, err := tx.db.NewRaw("UPDATE hosts SET failures = 0, down_since = NULL, probe_at = NULL, paused_until = NULL WHERE host = ?", host).Exec(ctx); err != nil {
		return 0, err
	}
	return tx.revive(ctx, "host = ?1", host)
}

// RetryJob makes one job due now, dead or not, and returns 0 when there is none such.
func (tx *Tx) RetryJob(ctx context.Context, job string) (int, error) {
	return tx.revive(ctx, "job = ?1", job)
}

// revive makes jobs due, and their time begins anew: their host may still be down. A
// delivery that was given up is under way again: those behind it wait for it.
func (tx *Tx) revive(ctx context.Context, which, is string) (int, error) {
	_, err := tx.db.NewRaw(`UPDATE deliveries AS d SET settled_at = NULL, outcome = '' FROM parked AS p
		WHERE p.`+which+` AND p.dead_at IS NOT NULL AND p.kind = ?0
			AND d.activity = (p.payload::json->>'activity')::bigint AND d.inbox = p.payload::json->>'inbox'`, Deliver{}.Kind(), is).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return count(tx.db.NewRaw("UPDATE parked SET due_at = ?0, parked_at = ?0, dead_at = NULL, tries = 0 WHERE "+which, tx.Now, is).Exec(ctx))
}

// DropParked removes what waits for a host that we no longer send to, and
// returns how many jobs that were. What was not yet given up is now, and counted.
func (tx *Tx) DropParked(ctx context.Context, host string) (int, error) {
	return count(tx.db.NewRaw(`WITH gone AS (
			DELETE FROM parked WHERE host = ?0 RETURNING *),
		waited AS (
			SELECT (payload::json->>'activity')::bigint AS activity, payload::json->>'inbox' AS inbox FROM gone WHERE dead_at IS NULL AND kind = ?2),
		settled AS (
			UPDATE deliveries AS d SET settled_at = ?1, outcome = 'not_a_partner' FROM waited AS w WHERE d.activity = w.activity AND d.inbox = w.inbox),
		counted AS (
			UPDATE hosts SET dropped = dropped + (SELECT count(*) FROM waited) WHERE host = ?0)
		SELECT FROM gone`, host, tx.Now, Deliver{}.Kind()).Exec(ctx))
}

// ParkedJob is one job that waits or was given up.
func (q query) ParkedJob(ctx context.Context, job string) (Parked, error) {
	var p Parked
	err := q.db.NewSelect().Model(&p).Where("p.job = ?", job).Scan(ctx)
	return one(p, err)
}

// ParkedJobs lists what waits (dead false) or was given up, oldest first.
func (q query) ParkedJobs(ctx context.Context, dead bool, limit int) ([]Parked, error) {
	var ps []Parked
	s := q.db.NewSelect().Model(&ps).Where("p.dead_at IS NULL")
	if dead {
		s = q.db.NewSelect().Model(&ps).Where("p.dead_at IS NOT NULL")
	}
	err := s.Order("p.seq").Limit(int64(limit)).Scan(ctx)
	return ps, err
}

// ToRecall are the hosts that are up and for which jobs wait to be called back. It
// goes from host to host in the index: there may be a million jobs for a few of them.
func (q query) ToRecall(ctx context.Context) ([]string, error) {
	var hosts []string
	err := q.db.NewRaw(`WITH RECURSIVE met AS (
			(SELECT host FROM parked WHERE dead_at IS NULL AND host > '' ORDER BY host LIMIT 1)
			UNION ALL
			SELECT (SELECT p.host FROM parked AS p WHERE p.dead_at IS NULL AND p.host > m.host ORDER BY p.host LIMIT 1) FROM met AS m WHERE m.host IS NOT NULL)
		SELECT m.host FROM met AS m WHERE m.host IS NOT NULL
			AND NOT EXISTS (SELECT FROM hosts AS h WHERE h.host = m.host AND h.down_since IS NOT NULL)
			AND EXISTS (SELECT FROM parked AS p WHERE p.host = m.host AND p.dead_at IS NULL AND p.reason IN (?, ?))`, Held, Away).Scan(ctx, &hosts)
	return hosts, err
}

// CountParked counts what waits and what was given up.
func (q query) CountParked(ctx context.Context) (waiting, dead int, err error) {
	err = q.bound().row(ctx, `SELECT (SELECT count(*) FROM parked WHERE dead_at IS NULL), (SELECT count(*) FROM parked WHERE dead_at IS NOT NULL)`, nil, &waiting, &dead)
	return waiting, dead, err
}
