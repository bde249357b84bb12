package web

import (
	"cmp"
	"context"
	"slices"

	"entente.example/entente/store"
)

// receipts are how far a post has come with each company.
type receipts struct {
	All     int
	Arrived int // the latest version
	Listed  []store.Receipt
}

// mostReceipts is how many companies a page lists, those that have not got it first.
const mostReceipts = 100

// More is how many are not listed.
func (r receipts) More() int { return r.All - len(r.Listed) }

// receipts are nil for a post that goes to no other company.
func (w *Web) receipts(ctx context.Context, n store.Note) (*receipts, error) {
	all, err := w.engine.Receipts(ctx, n.Key)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	r := &receipts{All: len(all)}
	for _, one := range all {
		if one.State == store.Delivered {
			r.Arrived++
		}
	}
	last := func(one store.Receipt) int {
		if one.State == store.Delivered {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b store.Receipt) int { return cmp.Compare(last(a), last(b)) })
	r.Listed = all[:min(len(all), mostReceipts)]
	return r, nil
}
