package store

import (
	"context"

	"github.com/uptrace/bun"
)

// binder numbers the arguments of a query that bun builds and that is asked so often
// that it is planned once: bun is given $1, $2 and so on in their places. The text is
// the same for all arguments then.
type binder struct{ args []any }

// places are what stands for arguments in the text.
var places = [...]bun.Safe{"$1", "$2", "$3", "$4", "$5", "$6"}

// bind is the place of an argument; without a binder it is the argument.
func (b *binder) bind(v any) any {
	if b == nil {
		return v
	}
	b.args = append(b.args, v)
	return places[len(b.args)-1]
}

// built is the text of a query that bun has built.
func built(s *bun.SelectQuery) string { return s.String() }

// list reads what a query with bound arguments finds.
func (q query) list(ctx context.Context, into any, text string, args ...any) error {
	rows, err := q.bound().on.QueryContext(ctx, text, planned(args)...)
	if err != nil {
		return err
	}
	return q.db.NewSelect().DB().ScanRows(ctx, rows, into)
}
