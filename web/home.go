package web

import (
	"context"

	"entente.example/entente/store"
)

// wall is a list of posts with its composer.
type wall struct {
	Composer *composer // nil: nobody writes here
	Cards    []card
	Pager    pager
}

func (w *Web) home(ctx context.Context, v *visit) (answer, error) {
	return w.homePage(ctx, v, v.composer())
}

func (w *Web) postHome(ctx context.Context, v *visit) (answer, error) {
	c, err := w.post(ctx, v, v.composer())
	if err == nil && c.done() {
		return redirect("/home"), nil
	}
	if err != nil {
		return answer{}, err
	}
	return w.homePage(ctx, v, c)
}

func (w *Web) homePage(ctx context.Context, v *visit, c composer) (answer, error) {
	p := v.page()
	entries, err := w.db.Home(ctx, v.me().Key, p)
	if err != nil {
		return answer{}, err
	}
	list, err := w.wall(ctx, v, entries, p)
	if p.Before == 0 && p.After == 0 {
		list.Composer = &c
	}
	return answer{page: "home", title: v.book.say("home.title"), data: list, problem: c.Problem}, err
}

// wall shows the entries of a timeline.
func (w *Web) wall(ctx context.Context, v *visit, entries []store.Entry, p store.Page) (wall, error) {
	cards, err := w.cards(ctx, v, entries)
	keys := make([]store.Key, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	return wall{Cards: cards, Pager: v.turn(p, keys)}, err
}
