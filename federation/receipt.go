package federation

import (
	"cmp"
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// posted is the post of ours that an activity brings to others: new, changed, or told
// by the group that it is in. 0: it is about something else.
func (s *Service) posted(actor store.Actor, e activity.Envelope) store.Key {
	if e.Type == "Announce" && actor.IsGroup() {
		inner, err := activity.ReadEnvelope(e.Object.Raw)
		if err != nil { // only the post is named
			inner = activity.Envelope{Type: "Create", Object: activity.Ref{ID: e.Object.ID}}
		}
		e = inner
	}
	if e.Type != "Create" && e.Type != "Update" {
		return 0
	}
	key, _ := s.NoteKey(e.Object.ID)
	return key
}

// Receipts say how far a post of ours has come with each company, by host. Those to
// which it is about to go are among them.
func (s *Service) Receipts(ctx context.Context, note store.Key) ([]store.Receipt, error) {
	fans, err := s.db.Unspread(ctx, note)
	if err != nil {
		return nil, err
	}
	receipts, err := s.db.Receipts(ctx, note) // after, so that none is in neither
	if err != nil {
		return nil, err
	}
	there := map[string]int{}
	for i, r := range receipts {
		there[r.Host] = i
	}
	for _, f := range fans {
		ds, err := s.Deliveries(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, d := range ds {
			host := d.Host()
			if at, ok := there[host]; !ok {
				there[host] = len(receipts)
				receipts = append(receipts, store.Receipt{Host: host, State: store.Queued})
			} else if r := &receipts[at]; r.State == store.Delivered && r.DeliveredAt.Before(f.Activity.Time()) {
				r.State = store.Queued // an earlier version has arrived
			}
		}
	}
	slices.SortFunc(receipts, func(a, b store.Receipt) int { return cmp.Compare(a.Host, b.Host) })
	return receipts, nil
}
