package resolve

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// shelf is a collection, or a page of one, as others send it.
type shelf struct {
	ID    activity.ID
	Owner activity.ID // who says that it is theirs
	Items activity.Refs
	next  activity.ID
}

// readShelf reads a collection with the items that it has in itself or in a first
// page inside; ok is false for anything else.
func readShelf(raw []byte) (s shelf, ok bool) {
	var w struct {
		ID           activity.Text  `json:"id"`
		Type         activity.Names `json:"type"`
		AttributedTo activity.IDs   `json:"attributedTo"`
		First        activity.Ref   `json:"first"`
		Next         activity.Ref   `json:"next"`
		Items        activity.Refs  `json:"items"`
		Ordered      activity.Refs  `json:"orderedItems"`
	}
	kinds := []string{"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}
	if json.Unmarshal(raw, &w) != nil || !slices.Contains(kinds, w.Type.First()) {
		return s, false
	}
	s = shelf{ID: activity.ID(w.ID), Owner: w.AttributedTo.First(), Items: append(w.Ordered, w.Items...), next: w.Next.ID}
	if w.First.Raw == nil {
		if w.First.ID != "" {
			s.next = w.First.ID
		}
		return s, true
	}
	if first, ok := readShelf(w.First.Raw); ok {
		s.Items, s.next = append(s.Items, first.Items...), first.next
	}
	return s, true
}

// after is where a collection goes on behind the page that at is: on the same
// origin, on a page that was not read, and not for ever.
func (s shelf) after(at store.Lead) (store.Lead, bool) {
	been := append(slices.Clone(at.Been), digestOf(at.ID))
	if s.next == "" || !activity.SameOrigin(s.next, at.ID) || len(been) >= limits.Pages || slices.Contains(been, digestOf(s.next)) {
		return store.Lead{}, false
	}
	at.ID, at.Been = s.next, been
	return at, true
}

func digestOf(id activity.ID) uint64 {
	sum := sha256.Sum256([]byte(id))
	return binary.BigEndian.Uint64(sum[:])
}

// shelf fetches a collection or one page of it. Policy has not been asked about
// what is in it.
func (r *Errand) shelf(ctx context.Context, id activity.ID) (shelf, error) {
	raw, err := r.read(ctx, id)
	if err != nil {
		return shelf{}, err
	}
	s, ok := readShelf(raw)
	if !ok {
		return s, activity.Refuse(activity.Invalid, "not_a_collection", "%.200s is not a collection", id)
	}
	return s, nil
}

// collect reads a collection; isWhole says that it ended within limits.Pages.
func (r *Errand) collect(ctx context.Context, id activity.ID) (items activity.Refs, isWhole bool, err error) {
	at, more, last := store.Lead{ID: id}, true, shelf{}
	for more {
		if last, err = r.shelf(ctx, at.ID); err != nil {
			return items, false, err
		}
		items = append(items, last.Items...)
		at, more = last.after(at)
	}
	return items, last.next == "", nil
}

// embedded is an item that need not be fetched: of the same origin as the
// collection that it is in, and of the same owner (FEP-fe34).
func embedded(item activity.Ref, collection, owner activity.ID) (activity.Note, bool) {
	if item.Raw == nil || owner == "" || !activity.SameOrigin(item.ID, collection) {
		return activity.Note{}, false
	}
	n, err := activity.ReadNote(item.Raw)
	return n, err == nil && n.ID == item.ID && n.Author() == owner
}

// Roster reads a collection of ids, each once: at most limits.Pages pages. One that goes on
// behind them is TooLarge, since half a list says nothing.
func (r *Errand) Roster(ctx context.Context, id activity.ID) ([]activity.ID, error) {
	items, isWhole, err := r.collect(ctx, id)
	if err == nil && !isWhole {
		err = activity.Refuse(activity.TooLarge, "long_collection", "%.200s has more than %d pages", id, limits.Pages)
	}
	if err != nil {
		return nil, err
	}
	var ids []activity.ID
	seen := map[activity.ID]bool{"": true}
	for _, item := range items {
		if !seen[item.ID] {
			seen[item.ID] = true
			ids = append(ids, item.ID)
		}
	}
	return ids, nil
}
