package store

import (
	"slices"

	"github.com/uptrace/bun"
)

// paged bounds and orders a query by its key column.
func paged(q *bun.SelectQuery, column string, p Page) *bun.SelectQuery {
	return pagedAs(q, column, p, nil)
}

// pagedAs is paged with bound arguments.
func pagedAs(q *bun.SelectQuery, column string, p Page, b *binder) *bun.SelectQuery {
	if p.Before > 0 {
		q = q.Where("? < ?", bun.Safe(column), b.bind(int64(p.Before)))
	}
	if p.After > 0 {
		q = q.Where("? > ?", bun.Safe(column), b.bind(int64(p.After)))
	}
	if p.Limit <= 0 {
		p.Limit = PageDefault
	}
	order := " DESC"
	if p.Oldest {
		order = " ASC"
	}
	return q.OrderExpr("?", bun.Safe(column+order)).Limit(int64(min(p.Limit, PageMax)))
}

// newestFirst turns round what was read from the oldest on.
func newestFirst[T any](rows []T, p Page) []T {
	if p.Oldest {
		slices.Reverse(rows)
	}
	return rows
}
