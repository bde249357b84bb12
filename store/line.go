package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Recent is the time in which what was counted comes to weigh e times less: the rates
// are those of about so long. The function fades of the database has it too.
const Recent = 5 * time.Minute

// Ran is what a kind of job did.
type Ran struct {
	Ran, Failed int
	Seconds     float64 // that it ran
}

// NoteRates adds what was done since the last time: jobs by their kinds, deliveries
// that have arrived by their hosts.
func (tx *Tx) NoteRates(ctx context.Context, jobs map[string]Ran, arrived map[string]int) error {
	var hosts, kinds []string
	var came, ran, failed []int64
	var seconds []float64
	for host, n := range arrived {
		hosts, came = append(hosts, host), append(came, int64(n))
	}
	for kind, r := range jobs {
		kinds, seconds = append(kinds, kind), append(seconds, r.Seconds)
		ran, failed = append(ran, int64(r.Ran)), append(failed, int64(r.Failed))
	}
	_, err := tx.bound().exec(ctx, `INSERT INTO job_rates AS j (kind, ran, failed, seconds, recent_at)
		SELECT kind, ran, failed, seconds, $5::timestamptz FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::float8[]) AS b(kind, ran, failed, seconds) ORDER BY kind
		ON CONFLICT (kind) DO UPDATE SET recent_at = EXCLUDED.recent_at,
			ran = EXCLUDED.ran + j.ran * fades(j.recent_at, $5),
			failed = EXCLUDED.failed + j.failed * fades(j.recent_at, $5),
			seconds = EXCLUDED.seconds + j.seconds * fades(j.recent_at, $5)`, kinds, ran, failed, seconds, tx.Now)
	if err != nil {
		return err
	}
	_, err = tx.bound().exec(ctx, `INSERT INTO hosts AS h (host, delivered, recent, recent_at)
		SELECT host, n, n, $3::timestamptz FROM unnest($1::text[], $2::bigint[]) AS b(host, n) ORDER BY host
		ON CONFLICT (host) DO UPDATE SET delivered = h.delivered + EXCLUDED.delivered,
			recent = EXCLUDED.recent + h.recent * fades(h.recent_at, $3), recent_at = $3`, hosts, came, tx.Now)
	return err
}

// Rate is how fast jobs of a kind have lately been done.
type Rate struct {
	Kind      string
	PerMinute float64
	Failures  float64       // per minute, of these
	Mean      time.Duration // of one run
}

// Rates are those of all kinds that have ever run, by name.
func (q query) Rates(ctx context.Context) (rates []Rate, err error) {
	err = q.bound().each(ctx, "SELECT kind, ran * fades(recent_at, now()), failed * fades(recent_at, now()), CASE WHEN ran > 0 THEN seconds / ran ELSE 0 END FROM job_rates ORDER BY kind", nil,
		func(scan func(...any) error) error {
			var p Rate
			var mean float64
			if err := scan(&p.Kind, &p.PerMinute, &p.Failures, &mean); err != nil {
				return err
			}
			p.PerMinute, p.Failures = p.PerMinute/Recent.Minutes(), p.Failures/Recent.Minutes()
			p.Mean = time.Duration(mean * float64(time.Second))
			rates = append(rates, p)
			return nil
		})
	return rates, err
}

// Line is how a host is doing, and what waits for it.
type Line struct {
	Host
	Hosts     int       // 1, or how many others this is about: then Host.Host is "", and nothing is said of their state
	Waiting   int       // deliveries: in the queue, or parked
	Parked    int       // of these
	Oldest    time.Time // when the activity of the oldest was made; zero: nothing waits
	PerMinute float64   // deliveries that have lately arrived
}

// Lines are how those hosts are doing for which most waits, up to n, and as the last
// all others together, if there are any. It is one query that reads what waits from
// indexes alone: with a million deliveries parked for 10,000 hosts it takes half
// a second to one second: see docs/performance.md.
func (q query) Lines(ctx context.Context, n int) (lines []Line, err error) {
	err = q.bound().each(ctx, `WITH inboxes AS (
			SELECT inbox, count(*) AS n, min(activity) AS oldest FROM deliveries WHERE settled_at IS NULL GROUP BY inbox),
		under_way AS (
			SELECT d.host, sum(i.n) AS n, min(i.oldest) AS oldest FROM inboxes AS i
			CROSS JOIN LATERAL (SELECT host FROM deliveries AS d WHERE d.inbox = i.inbox AND d.settled_at IS NULL LIMIT 1) AS d GROUP BY d.host),
		shelf AS (
			SELECT host, count(*) AS n FROM parked WHERE dead_at IS NULL AND host > '' GROUP BY host),
		lines AS (
			SELECT host, h.failures, h.down_since, h.probe_at, h.succeeded_at, h.paused_until, h.reason, coalesce(h.dropped, 0) AS dropped, coalesce(h.delivered, 0) AS delivered,
				greatest(u.n, s.n, 0) AS waiting, coalesce(s.n, 0) AS parked, to_timestamp((u.oldest >> 16) / 1000.0) AS oldest, coalesce(h.recent * fades(h.recent_at, now()), 0) AS recent
			FROM hosts AS h FULL JOIN under_way AS u USING (host) FULL JOIN shelf AS s USING (host)),
		ranked AS (
			SELECT *, row_number() OVER (ORDER BY waiting DESC, down_since IS NULL, recent DESC, host) AS rank FROM lines)
		SELECT host, 1, down_since, probe_at, succeeded_at, paused_until, coalesce(reason, ''), dropped, delivered, waiting, parked, oldest, recent, rank FROM ranked WHERE rank <= $1
		UNION ALL
		SELECT '', count(*), NULL, NULL, NULL, NULL, '', sum(dropped)::bigint, sum(delivered)::bigint, sum(waiting)::bigint, sum(parked)::bigint, min(oldest), sum(recent), $1 + 1 FROM ranked WHERE rank > $1 HAVING count(*) > 0
		ORDER BY rank`, []any{n}, func(scan func(...any) error) error {
		var l Line
		var oldest bun.NullTime
		var rank int
		err := scan(&l.Host.Host, &l.Hosts, &l.DownSince, &l.ProbeAt, &l.SucceededAt, &l.PausedUntil, &l.Reason, &l.Dropped, &l.Delivered, &l.Waiting, &l.Parked, &oldest, &l.PerMinute, &rank)
		l.Oldest, l.PerMinute = oldest.Time, l.PerMinute/Recent.Minutes()
		lines = append(lines, l)
		return err
	})
	return lines, err
}
