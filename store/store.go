// Package store keeps what must outlive a request. It is the only package that
// knows SQL, and it speaks in the words of package activity.
//
// Store is a pool, Tx one transaction on it. Reads are methods of both, writes
// are methods of Tx only, so nothing is ever half written. Every row has a
// 64-bit key that grows with time; IRIs are looked up once, at the door.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"entente.example/entente/activity"
)

// Migrations are the dated steps that lead to today's schema.
//
//go:embed migrations/*.sql
var Migrations embed.FS

type (
	// Store is a pool of connections; safe for many users at once.
	Store struct {
		query
		bun      *bun.DB
		promised chan struct{}
		gathered gathered
	}
	// Tx is one transaction, for one user.
	Tx struct {
		query
		Now      time.Time // one clock for all that happens in it
		promises int
		trace    string              // that these go on with
		seen     *foresight          // nil: nothing
		partners map[string]*Partner // that were asked for, nil for none
		awaited  map[awaited]bool
		together bool // see WriteTogether
		later    later

		decisions []Decision // for the audit log
	}
	query struct {
		db       bun.IDB
		recalled *recalled
	}
)

// MaxConnections is how many connections one process opens at most.
const MaxConnections = 24

// Open makes a pool on a Postgres address (URL or key=value form). It connects
// lazily: Ping says whether the server is there.
func Open(dsn string) (*Store, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	// bun writes arguments into the SQL text itself, so a statement cache would
	// only grow.
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	pool := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(planOnce))
	pool.SetMaxOpenConns(MaxConnections)
	pool.SetMaxIdleConns(MaxConnections)
	db := bun.NewDB(pool, pgdialect.New())
	q := query{db, newRecalled()}
	s := &Store{query: q, bun: db, promised: make(chan struct{}, 1)}
	s.gathered = newGathered(s)
	return s, nil
}

// planOnce keeps the plans of what is bound: left alone, Postgres plans it anew each time
// for whoever has more rows than others, which costs more than any plan of ours gains.
// A plan that is kept must still do when the table has grown: one that was made for an
// empty table would read all of it. Compiling takes longer than any of our queries.
func planOnce(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off")
	return err
}

// Close ends every connection.
func (s *Store) Close() error { return s.bun.Close() }

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.bun.PingContext(ctx) }

// InTx runs fn in one transaction: it commits when fn returns nil, and then
// wakes the relay if anything was promised.
func (s *Store) InTx(ctx context.Context, fn func(*Tx) error) error {
	promises := 0
	ctx, span := Span(ctx, "transaction")
	defer span.End()
	err := s.bun.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		t := &Tx{Now: time.Now().UTC().Truncate(time.Microsecond), trace: Trace(ctx)}
		t.query = query{watched{tx, t}, s.recalled}
		err := fn(t)
		if err == nil {
			err = t.settle(ctx)
		}
		if err == nil {
			err = t.chain(ctx)
		}
		promises = t.promises
		return err
	})
	if err == nil && promises > 0 {
		s.wake()
	}
	return unstorable(err)
}

// unstorable makes an Invalid fault of what Postgres cannot keep, whoever tries
// and however often: a value out of range (class 22) or over a limit (54).
func unstorable(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && (strings.HasPrefix(e.Code, "22") || strings.HasPrefix(e.Code, "54")) {
		return activity.Because(activity.Invalid, "unstorable", err, "this has a value that cannot be kept")
	}
	return err
}

// TakeTurns makes the transactions that touch one of these things take turns: it waits
// until the others have ended, and everything read after it is what they left. The
// locks are always taken in the same order, so that nobody waits in a circle.
func (tx *Tx) TakeTurns(ctx context.Context, iris ...activity.ID) error {
	_, err := tx.bound().exec(ctx, `SELECT pg_advisory_xact_lock(k) FROM (
		SELECT DISTINCT hashtextextended(iri, 7305) AS k FROM unnest($1::text[]) AS iri WHERE iri <> '' ORDER BY k) AS keys`, texts(iris))
	return err
}

func (s *Store) wake() {
	select {
	case s.promised <- struct{}{}:
	default: // a wake-up is already waiting
	}
}

// Promised receives when a transaction of this process has promised a job.
// Other processes' promises do not show here: poll as well.
func (s *Store) Promised() <-chan struct{} { return s.promised }

// one turns "no rows" into the NotFound that is the same for missing and private.
func one[T any](v T, err error) (T, error) {
	if errors.Is(err, sql.ErrNoRows) {
		var zero T
		return zero, activity.ErrNotFound()
	}
	return v, err
}

// first is the first of what was found, or NotFound.
func first[T any](found []T, err error) (v T, _ error) {
	if err != nil {
		return v, err
	}
	if len(found) == 0 {
		return v, activity.ErrNotFound()
	}
	return found[0], nil
}

func changed(r sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

func each[A, B any](as []A, fn func(A) B) []B {
	bs := make([]B, len(as))
	for i, a := range as {
		bs[i] = fn(a)
	}
	return bs
}
