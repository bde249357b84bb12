package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Promise is a job on its way to the queue.
type Promise struct {
	bun.BaseModel `bun:"table:outbox,alias:o"`

	ID        int64  `bun:",pk,autoincrement"`
	Job       string // the job's id, the same over all tries
	Kind      string
	Payload   string    // JSON
	Tries     int       // so far
	Trace     string    // W3C traceparent of what promised it; "": nobody traces
	CreatedAt time.Time `bun:",nullzero,default:now()"`
}

// Enqueue promises jobs: they will run if, and only if, this transaction commits.
func (tx *Tx) Enqueue(ctx context.Context, jobs ...Job) error {
	if tx.together {
		tx.later.jobs = append(tx.later.jobs, jobs...)
		return nil
	}
	return tx.promise(ctx, jobs)
}

func (tx *Tx) promise(ctx context.Context, jobs []Job) error {
	if len(jobs) == 0 {
		return nil
	}
	ps := make([]Promise, len(jobs))
	for i, j := range jobs {
		var b strings.Builder
		to := json.NewEncoder(&b)
		to.SetEscapeHTML(false) // what a partner sent keeps its size
		if err := to.Encode(j); err != nil {
			return err
		}
		ps[i] = Promise{Job: j.Kind() + "-" + rand.Text(), Kind: j.Kind(), Payload: b.String(), Trace: tx.trace}
	}
	tx.promises += len(ps)
	column := func(of func(Promise) string) []string { return each(ps, of) }
	_, err := tx.bound().exec(ctx, `INSERT INTO outbox (job, kind, payload, trace)
		SELECT job, kind, payload, $4 FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS p (job, kind, payload, n) ORDER BY n`,
		column(func(p Promise) string { return p.Job }), column(func(p Promise) string { return p.Kind }), column(func(p Promise) string { return p.Payload }), tx.trace)
	if err != nil {
		return err
	}
	return tx.begin(ctx, jobs)
}

// begin notes which fans are to come: later ones about the same things wait for them.
func (tx *Tx) begin(ctx context.Context, jobs []Job) error {
	var activities, objects []int64
	for _, j := range jobs {
		if f, is := j.(Fan); is && f.Object != 0 && f.Reminder == 0 {
			activities, objects = append(activities, int64(f.Activity)), append(objects, f.Object)
		}
	}
	if len(activities) == 0 {
		return nil
	}
	_, err := tx.bound().exec(ctx, "INSERT INTO fans (activity, object) SELECT * FROM unnest($1::bigint[], $2::bigint[]) ON CONFLICT DO NOTHING", activities, objects)
	return err
}

// Drain hands up to n promises to send, oldest first, and notes that they are sent if
// send gives nil. Several relays may drain at once: each row is locked by one of
// them. It returns how many were sent.
func (s *Store) Drain(ctx context.Context, n int, send func([]Promise) error) (int, error) {
	var ps []Promise
	err := s.InTx(ctx, func(tx *Tx) error {
		err := tx.list(ctx, &ps, `SELECT id, job, kind, payload, tries, trace, created_at FROM outbox
			WHERE sent_at IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`, n)
		if err != nil || len(ps) == 0 {
			return err
		}
		if err := send(ps); err != nil {
			return err
		}
		ids := each(ps, func(p Promise) int64 { return p.ID })
		_, err = tx.bound().exec(ctx, "UPDATE outbox SET sent_at = clock_timestamp() WHERE id = ANY($1)", ids)
		return err
	})
	if err != nil {
		return 0, err
	}
	return len(ps), nil
}

// SendAgain hands out once more what was sent and is not yet forgotten: the queue may
// have lost it.
func (s *Store) SendAgain(ctx context.Context) error {
	_, err := s.bound().exec(ctx, "UPDATE outbox SET sent_at = NULL WHERE sent_at IS NOT NULL")
	return err
}

// Forget drops what was sent that long ago.
func (s *Store) Forget(ctx context.Context, after time.Duration) error {
	_, err := s.bound().exec(ctx, "DELETE FROM outbox WHERE sent_at < clock_timestamp() - $1::float8 * interval '1 second'", after.Seconds())
	return err
}

// Backlog is how many promises wait for the relay, and since when the oldest.
type Backlog struct {
	Waiting int
	Oldest  time.Time
}

// Backlog counts the outbox.
func (q query) Backlog(ctx context.Context) (Backlog, error) {
	var b Backlog
	var oldest bun.NullTime
	err := q.db.NewRaw("SELECT count(*), min(created_at) FROM outbox WHERE sent_at IS NULL").Scan(ctx, &b.Waiting, &oldest)
	b.Oldest = oldest.Time
	return b, err
}
