package web

import (
	"context"

	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
)

// findings is the search page.
type findings struct {
	Query  string
	Asked  bool
	Actors []store.Actor
	Cards  []card

	Directories []string // of partners that may be asked for these words, or were
	Silent      []string // those of them that have not answered
	There       bool     // they were asked
}

// search looks here, and at the partner that an address or handle names; for a name also in
// the directories of partners where somebody wants that.
func (w *Web) search(ctx context.Context, v *visit) (answer, error) {
	f := findings{Query: v.URL.Query().Get("q"), There: v.URL.Query().Has("directories")}
	a := answer{page: "search", title: v.book.say("search.title")}
	if f.Query != "" {
		if err := w.directories(ctx, v, &f); err != nil {
			return answer{}, err
		}
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

func (w *Web) directories(ctx context.Context, v *visit, f *findings) (err error) {
	if !resolve.IsName(f.Query) {
		return nil
	}
	if f.Directories, err = w.engine.Directories(ctx, v.me()); err != nil || !f.There {
		return err
	}
	f.Silent, err = w.engine.AskDirectories(ctx, v.me(), f.Query)
	return err
}
