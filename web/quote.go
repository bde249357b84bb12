package web

import (
	"context"

	"entente.example/entente/store"
)

// quote puts into cards what their notes quote: a card where who is quoted has
// given leave and the reader may see it, else the address. What a quoted note
// itself quotes is not followed.
func (w *Web) quote(ctx context.Context, v *visit, cards []card) error {
	var notes []store.Key
	for _, c := range cards {
		if c.Note.Quote.ID != "" {
			notes = append(notes, c.Note.Key)
		}
	}
	quotes, err := w.db.Quotes(ctx, notes...)
	if err != nil || len(quotes) == 0 {
		return err
	}
	byKey, err := w.quotedCards(ctx, v, quotes)
	if err != nil {
		return err
	}
	for i := range cards {
		q, ok := quotes[cards[i].Note.Key]
		if !ok {
			continue
		}
		if q.State == store.QuoteAccepted {
			cards[i].Quoted = byKey[q.Target]
		}
		if cards[i].Quoted == nil && q.State == store.QuotePending {
			cards[i].Quotes = string(q.IRI)
		}
	}
	return nil
}

// quotedCards are the cards of what is quoted with leave, by note.
func (w *Web) quotedCards(ctx context.Context, v *visit, quotes map[store.Key]store.Quote) (map[store.Key]*card, error) {
	var targets []store.Key
	for _, q := range quotes {
		if q.State == store.QuoteAccepted && q.Target != 0 {
			targets = append(targets, q.Target)
		}
	}
	visible, err := w.db.VisibleNotes(ctx, targets, v.viewer.Reader())
	if err != nil {
		return nil, err
	}
	var entries []store.Entry
	for key, n := range visible {
		entries = append(entries, store.Entry{Key: key, Note: n})
	}
	shown, err := w.plainCards(ctx, v, entries)
	byKey := map[store.Key]*card{}
	for i := range shown {
		byKey[shown[i].Note.Key] = &shown[i]
	}
	return byKey, err
}
