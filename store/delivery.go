package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"
)

// Delivered is the outcome of a delivery that has arrived.
const Delivered = "delivered"

// PutDeliveries notes that an activity goes to these inboxes, and returns those to
// which it still has to be sent: it is under way there, and has been since that time
// at most. again sends it also where it has been already. All are of one activity.
func (s *Store) PutDeliveries(ctx context.Context, ds []Deliver, again bool, since time.Time) (send []Deliver, err error) {
	if len(ds) == 0 {
		return nil, nil
	}
	mine := &underWay{ds: ds, again: again, since: since}
	err = s.gathered.deliveries.Do(ctx, mine)
	return mine.send, err
}

// underWay are deliveries of one activity that are to be made.
type underWay struct {
	ds    []Deliver
	again bool
	since time.Time
	send  []Deliver
}

func (q query) putDeliveries(ctx context.Context, all []*underWay) error {
	var activities, senders, objects, agains []int64
	var inboxes, hosts []string
	type to struct {
		activity Key
		inbox    string
	}
	of, as := map[to]*underWay{}, map[to]Deliver{}
	for _, one := range all {
		one.send = nil
		if one.again {
			agains = append(agains, int64(one.ds[0].Activity))
		}
		for _, d := range one.ds {
			of[to{d.Activity, d.Inbox}], as[to{d.Activity, d.Inbox}] = one, d
			activities, senders, objects = append(activities, int64(d.Activity)), append(senders, int64(d.Sender)), append(objects, d.Object)
			inboxes, hosts = append(inboxes, d.Inbox), append(hosts, d.Host())
		}
	}
	return q.bound().each(ctx, `INSERT INTO deliveries AS d (activity, sender, object, made_at, inbox, host)
		SELECT b.activity, b.sender, b.object, $6::timestamptz, b.inbox, b.host
			FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) AS b(activity, sender, object, inbox, host) ORDER BY b.activity, b.inbox
		ON CONFLICT (activity, inbox) DO UPDATE SET
			made_at = CASE WHEN d.activity = ANY ($7::bigint[]) THEN EXCLUDED.made_at ELSE d.made_at END,
			settled_at = CASE WHEN d.activity = ANY ($7::bigint[]) THEN NULL ELSE d.settled_at END
		RETURNING activity, inbox, settled_at IS NULL, made_at`,
		[]any{activities, senders, objects, inboxes, hosts, time.Now(), agains},
		func(scan func(...any) error) error {
			var at to
			var open bool
			var made time.Time
			err := scan(&at.activity, &at.inbox, &open, &made)
			if one := of[at]; err == nil && open && made.After(one.since) {
				one.send = append(one.send, as[at])
			}
			return err
		})
}

// Behind says whether an earlier activity about the same thing is not yet turned
// into its deliveries; a fan that has none to wait for may begin.
func (s *Store) Behind(ctx context.Context, f Fan) (behind bool, err error) {
	return askWith(ctx, s.gathered.behind, fanOf{f.Object, f.Activity})
}

// fanOf is a fan, and what it is about.
type fanOf struct {
	object   int64
	activity Key
}

func (q query) behind(ctx context.Context, fans []fanOf) (map[fanOf]bool, error) {
	behind := map[fanOf]bool{}
	err := q.bound().each(ctx, `SELECT w.object, w.activity FROM unnest($1::bigint[], $2::bigint[]) AS w (object, activity)
		WHERE EXISTS (SELECT FROM fans AS f WHERE f.object = w.object AND f.activity < w.activity)`,
		[]any{each(fans, func(f fanOf) int64 { return f.object }), numbers(each(fans, func(f fanOf) Key { return f.activity }))},
		func(scan func(...any) error) error {
			var f fanOf
			err := scan(&f.object, &f.activity)
			behind[f] = true
			return err
		})
	return behind, err
}

// Spread notes that a fan is done, or given up: those behind it may begin.
func (s *Store) Spread(ctx context.Context, activity Key) error {
	return s.gathered.spread.Do(ctx, activity)
}

// Spread is that of Store.
func (tx *Tx) Spread(ctx context.Context, activity Key) error { return tx.spread(ctx, []Key{activity}) }

func (q query) spread(ctx context.Context, activities []Key) error {
	_, err := q.bound().exec(ctx, "DELETE FROM fans WHERE activity = ANY ($1::bigint[])", numbers(activities))
	return err
}

// Standing is what has to be known before a delivery is tried.
type Standing struct {
	Down        bool      // its host is, and gets probes only
	Failures    int       // of its host, in a row
	SucceededAt time.Time // of its host; zero: never
	PausedUntil time.Time // its host asked for it; zero: it did not
	Parked      bool      // it is parked as well: if the host is down it is the probe
	Behind      bool      // an earlier one about the same thing is still under way
	Settled     bool      // it is over
}

// Outgoing is a delivery about to be tried.
type Outgoing struct {
	Job string
	Deliver
}

// Standings reads that for many deliveries at once, in their order.
func (q query) Standings(ctx context.Context, out []Outgoing) ([]Standing, error) {
	n := len(out)
	jobs, hosts, inboxes := make([]string, n), make([]string, n), make([]string, n)
	objects, activities := make([]int64, n), make([]int64, n)
	for i, o := range out {
		jobs[i], hosts[i], inboxes[i], objects[i], activities[i] = o.Job, o.Host(), o.Inbox, o.Object, int64(o.Activity)
	}
	standings := make([]Standing, n)
	err := q.bound().each(ctx, `SELECT b.n, h.down_since IS NOT NULL, coalesce(h.failures, 0), coalesce(h.succeeded_at, 'epoch'), coalesce(h.paused_until, 'epoch'),
			EXISTS (SELECT FROM parked AS p WHERE p.job = b.job AND p.dead_at IS NULL),
			EXISTS (SELECT FROM deliveries AS d WHERE d.inbox = b.inbox AND d.object = b.object AND d.activity < b.activity AND d.settled_at IS NULL),
			EXISTS (SELECT FROM deliveries AS d WHERE d.activity = b.activity AND d.inbox = b.inbox AND d.settled_at IS NOT NULL)
		FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) WITH ORDINALITY AS b(job, host, inbox, object, activity, n)
		LEFT JOIN hosts AS h ON h.host = b.host`, []any{jobs, hosts, inboxes, objects, activities},
		func(scan func(...any) error) error {
			var i int
			var s Standing
			if err := scan(&i, &s.Down, &s.Failures, &s.SucceededAt, &s.PausedUntil, &s.Parked, &s.Behind, &s.Settled); err != nil {
				return err
			}
			standings[i-1] = s
			return nil
		})
	return standings, err
}

// Settled is a delivery that is over.
type Settled struct {
	Deliver
	Outcome string // Delivered, or why not
}

// Settle notes what has come of deliveries, counts those that were given up, and calls
// back what waits behind them.
func (tx *Tx) Settle(ctx context.Context, over []Settled) error {
	var activities []int64
	var inboxes, hosts, outcomes, dropped []string
	for _, s := range over {
		activities, inboxes = append(activities, int64(s.Activity)), append(inboxes, s.Inbox)
		hosts, outcomes = append(hosts, s.Host()), append(outcomes, clip(s.Outcome))
		if s.Outcome != Delivered {
			dropped = append(dropped, s.Host())
		}
	}
	_, err := tx.bound().exec(ctx, `UPDATE deliveries AS d SET settled_at = $1, outcome = b.outcome
		FROM unnest($2::bigint[], $3::text[], $4::text[]) AS b(activity, inbox, outcome)
		WHERE d.activity = b.activity AND d.inbox = b.inbox`, tx.Now, activities, inboxes, outcomes)
	if err == nil && len(dropped) > 0 {
		_, err = tx.bound().exec(ctx, `INSERT INTO hosts AS h (host, dropped)
			SELECT host, count(*) FROM unnest($1::text[]) AS host GROUP BY host ORDER BY host
			ON CONFLICT (host) DO UPDATE SET dropped = h.dropped + EXCLUDED.dropped`, dropped)
	}
	if err != nil {
		return err
	}
	_, err = tx.bound().exec(ctx, "UPDATE parked SET due_at = $1 WHERE host = ANY($2) AND reason = 'behind' AND dead_at IS NULL", tx.Now, hosts)
	return err
}

// Job is the id of a delivery's job. It follows from activity and inbox, so that a fan
// that runs twice makes it once; Strays says the same in SQL.
func (d Deliver) Job() string {
	return fmt.Sprintf("%s-%s-%x", d.Kind(), d.Activity, sha256.Sum256([]byte(d.Inbox)))
}

// Strays are up to n deliveries that were under way before then and are not parked,
// so that they must be in the queue, which is asked by who calls.
func (q query) Strays(ctx context.Context, before time.Time, n int) (strays []Outgoing, err error) {
	err = q.bound().each(ctx, `SELECT j.job, d.activity, d.sender, d.inbox, d.object FROM deliveries AS d
		CROSS JOIN LATERAL (SELECT 'deliver-' || d.activity || '-' || encode(sha256(convert_to(d.inbox, 'UTF8')), 'hex') AS job) AS j
		WHERE d.settled_at IS NULL AND d.made_at < $1 AND NOT EXISTS (SELECT FROM parked AS p WHERE p.job = j.job)
		LIMIT $2`, []any{before, n}, func(scan func(...any) error) error {
		var o Outgoing
		if err := scan(&o.Job, (*int64)(&o.Activity), (*int64)(&o.Sender), &o.Inbox, &o.Object); err != nil {
			return err
		}
		strays = append(strays, o)
		return nil
	})
	return strays, err
}

// ExpireDeliveries forgets what came of activities from before then, and dead letters
// from before then, and returns how many it forgot.
func (tx *Tx) ExpireDeliveries(ctx context.Context, before time.Time) (int, error) {
	r, err := tx.db.NewRaw("DELETE FROM deliveries WHERE activity < ? AND settled_at IS NOT NULL", int64(before.UnixMilli())<<16).Exec(ctx)
	n, err := count(r, err)
	if err != nil {
		return 0, err
	}
	r, err = tx.db.NewRaw("DELETE FROM parked WHERE dead_at < ?", before).Exec(ctx)
	dead, err := count(r, err)
	return n + dead, err
}
