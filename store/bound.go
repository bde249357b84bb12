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
	case bun.Tx:
		return bound{db.Tx}
	case *bun.DB:
		return bound{db.DB}
	}
	panic("store: neither a pool nor a transaction")
}

func planned(args []any) []any { return append([]any{pgx.QueryExecModeCacheStatement}, args...) }
