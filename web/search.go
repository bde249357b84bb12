package web

import (
	"context"

	"entente.example/entente/store"
)

// findings is the search page.
type findings struct {
	Query  string
	Asked  bool
	Actors []store.Actor
	Cards  []card
}

// search looks here, and at the partner that an address or handle names.
func (w *Web) search(ctx context.Context, v *visit) (answer, error) {
	f := findings{Query: v.URL.Query().Get("q")}
	a := answer{page: "search", title: v.book.say("search.title")}
	if f.Query != "" {
		found, err := w.engine.Search(ctx, v.me(), f.Query, true)
		if err != nil {
			if a.problem, err = v.problemOf(err, map[string]string{}); err != nil {
				return answer{}, err
			}
			a.problem.Field = "q"
		}
		f.Asked, f.Actors = err == nil, found.Actors
		var entries []store.Entry
		for _, n := range found.Notes {
			entries = append(entries, store.Entry{Key: n.Key, Note: n})
		}
		if f.Cards, err = w.cards(ctx, v, entries); err != nil {
			return answer{}, err
		}
	}
	a.data = f
	return a, nil
}
