package web

import (
	"context"

	"entente.example/entente/store"
)

// takeDown takes a post out of its group for the reason in the form, and goes to the group.
func (w *Web) takeDown(ctx context.Context, v *visit) (answer, error) {
	n, err := w.noteAt(ctx, v)
	if err != nil {
		return answer{}, err
	}
	reason := v.text("reason")
	if err = w.engine.TakeDown(ctx, v.me(), n, reason); err != nil {
		t := thread{Reason: reason}
		if t.Problem, err = v.problemOf(err, map[string]string{"bad_removal_reason": "reason"}); err != nil {
			return answer{}, err
		}
		return w.threadPage(ctx, v, n, t)
	}
	group, err := w.db.ActorByKey(ctx, n.In())
	return redirect(actorPath(group)), err
}

// takenOut is a removal with whose post it was, and who did it.
type takenOut struct {
	store.Removal
	By, Of store.Actor
}

// takenOut are the latest removals of a group.
func (w *Web) takenOut(ctx context.Context, group store.Key) (list []takenOut, err error) {
	removals, err := w.db.Removals(ctx, group, store.Page{})
	if err != nil {
		return nil, err
	}
	var people []store.Key
	for _, r := range removals {
		people = append(people, r.Author, r.Moderator)
	}
	who, err := w.db.ActorsByKey(ctx, people...)
	for _, r := range removals {
		list = append(list, takenOut{r, who[r.Moderator], who[r.Author]})
	}
	return list, err
}

// removed are the removals that notifications are about.
func (w *Web) removed(ctx context.Context, rows []store.Notification) (map[store.Key]store.Removal, error) {
	var keys []store.Key
	for _, r := range rows {
		if r.Removal != 0 {
			keys = append(keys, r.Removal)
		}
	}
	return w.db.RemovalsByKey(ctx, keys...)
}

// Refused says that the reason to take the post down was wrong.
func (t thread) Refused() bool { return t.Problem.at("reason") }
