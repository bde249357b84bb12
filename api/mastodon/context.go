package mastodon

import (
	"context"
	"slices"

	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// context shows the thread around a status: what it answers, from the first one
// on, and the answers below it, each followed by those that it got.
func (a *API) context(ctx context.Context, me store.Viewer, in statusPath) (entity.Context, error) {
	e, err := a.entry(ctx, me, in.ID)
	if err != nil {
		return entity.Context{}, err
	}
	if err := a.engine.Opened(ctx, e.Note); err != nil {
		return entity.Context{}, err
	}
	thread, err := a.db.Thread(ctx, e.Note.ThreadKey, me.Reader())
	if err != nil {
		return entity.Context{}, err
	}
	above := ancestors(thread, e.Note)
	shown, err := a.statuses(ctx, me, append(above, descendants(thread, e.Note.Key)...))
	if err != nil {
		return entity.Context{}, err
	}
	cut := 0
	for cut < len(shown) && slices.ContainsFunc(above, func(e store.Entry) bool { return e.Key == shown[cut].ID }) {
		cut++
	}
	return entity.Context{Ancestors: shown[:cut], Descendants: shown[cut:]}, nil
}

// ancestors climbs from a note to the first of its thread that can be reached.
func ancestors(thread []store.Note, from store.Note) []store.Entry {
	byKey := map[store.Key]store.Note{}
	for _, n := range thread {
		byKey[n.Key] = n
	}
	var above []store.Entry
	for up, ok := byKey[from.ReplyTo]; ok && len(above) < len(thread); up, ok = byKey[up.ReplyTo] {
		above = append(above, store.Entry{Key: up.Key, Note: up})
	}
	slices.Reverse(above)
	return above
}

// descendants walks down from a note, depth first.
func descendants(thread []store.Note, from store.Key) []store.Entry {
	answers := map[store.Key][]store.Note{}
	for _, n := range thread {
		answers[n.ReplyTo] = append(answers[n.ReplyTo], n)
	}
	var below []store.Entry
	var walk func(store.Key)
	walk = func(key store.Key) {
		found := answers[key]
		delete(answers, key) // nothing is shown twice, whatever partners sent
		for _, n := range found {
			below = append(below, store.Entry{Key: n.Key, Note: n})
			walk(n.Key)
		}
	}
	walk(from)
	return below
}
