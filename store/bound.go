package store

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// statements are how *sql.DB and *sql.Tx run SQL.
type statements interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// bound runs statements with bound arguments, $1 and so on, which are parsed and
// planned once in each connection. It is for what is asked most often: bun writes its
// arguments into the text, so that each of its statements is a new one. Lists are
// bound as arrays (= ANY($1), unnest($1::text[])).
type bound struct{ on statements }

func (q query) bound() bound {
	switch db := q.db.(type) {
	case watched:
		return bound{settling{db.Tx.Tx, db.tx}}
	case *bun.DB:
		return bound{db.DB}
	case bun.Tx: // of a Snapshot
		return bound{db.Tx}
	}
	panic("store: neither a pool nor a transaction")
}

// aside is bound for statements that read and write nothing of what is put off (see
// later): activities, posts of others, timelines, jobs, and whom those elsewhere follow. They
// do not have it written first.
func (q query) aside() bound {
	if db, is := q.db.(watched); is {
		return bound{db.Tx.Tx}
	}
	return q.bound()
}

func planned(args []any) []any { return append([]any{pgx.QueryExecModeCacheStatement}, args...) }

func (b bound) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return b.on.ExecContext(ctx, text, planned(args)...)
}

// row reads the only row into into; sql.ErrNoRows if there is none.
func (b bound) row(ctx context.Context, text string, args []any, into ...any) error {
	err := sql.ErrNoRows
	each := b.each(ctx, text, args, func(scan func(...any) error) error {
		err = scan(into...)
		return err
	})
	if each != nil {
		return each
	}
	return err
}

// each calls read for every row.
func (b bound) each(ctx context.Context, text string, args []any, read func(scan func(...any) error) error) error {
	rows, err := b.on.QueryContext(ctx, text, planned(args)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// texts are ids as they are bound.
func texts[T ~string](ids []T) []string { return each(ids, func(id T) string { return string(id) }) }
