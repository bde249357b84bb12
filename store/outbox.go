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
		ps[i] = Promise{Job: j.Kind() + "-" + rand.Text(), Kind: j.Kind(), Payload: b.String(), Trace: Trace(ctx)}
	}
	tx.promises += len(ps)
	if _, err := tx.db.NewInsert().Model(&ps).Returning("NULL").Exec(ctx); err != nil {
		return err
	}
	return tx.begin(ctx, jobs)
}

// begin notes which fans are to come: later ones about the same things wait for them.
func (tx *Tx) begin(ctx context.Context, jobs []Job) error {
	for _, j := range jobs {
		f, ok := j.(Fan)
		if !ok || f.Object == 0 || f.Reminder > 0 {
			continue
		}
		_, err := tx.bound().exec(ctx, "INSERT INTO fans (activity, object) VALUES ($1, $2) ON CONFLICT DO NOTHING", int64(f.Activity), f.Object)
		if err != nil {
			return err
		}
	}
	return nil
}

// Drain hands up to n promises to send, oldest first, and forgets them if send
// gives nil. Several relays may drain at once: each row is locked by one of
// them. It returns how many were sent.
func (s *Store) Drain(ctx context.Context, n int, send func([]Promise) error) (int, error) {
	var ps []Promise
	err := s.InTx(ctx, func(tx *Tx) error {
		if err := tx.db.NewSelect().Model(&ps).Order("id").Limit(int64(n)).For("UPDATE SKIP LOCKED").Scan(ctx); err != nil || len(ps) == 0 {
			return err
		}
		if err := send(ps); err != nil {
			return err
		}
		_, err := tx.db.NewDelete().Model(&ps).WherePK().Exec(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	return len(ps), nil
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
	err := q.db.NewRaw("SELECT count(*), min(created_at) FROM outbox").Scan(ctx, &b.Waiting, &oldest)
	b.Oldest = oldest.Time
	return b, err
}
