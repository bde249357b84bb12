package mastodon

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/federation/compose"
	"entente.example/entente/store"
)

// quotes are what these notes quote, by the quoting note. Within a quoted status
// (whole is false) the next one is told by its id only, so that no chain of quotes
// is followed.
func (a *API) quotes(ctx context.Context, me store.Viewer, notes []store.Key, whole bool) (map[store.Key]entity.Quote, error) {
	found, err := a.db.Quotes(ctx, notes...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var targets []store.Key
	for _, q := range found {
		if q.State == store.QuoteAccepted && q.Target != 0 {
			targets = append(targets, q.Target)
		}
	}
	visible, err := a.db.VisibleNotes(ctx, targets, me.Reader())
	if err != nil {
		return nil, err
	}
	var entries []store.Entry
	for key, n := range visible {
		entries = append(entries, store.Entry{Key: key, Note: n})
	}
	statuses := map[store.Key]*entity.Status{}
	if whole {
		shown, err := a.shown(ctx, me, entries, false)
		if err != nil {
			return nil, err
		}
		for i := range shown {
			statuses[shown[i].ID] = &shown[i]
		}
	}
	quotes := map[store.Key]entity.Quote{}
	for key, q := range found {
		_, isThere := visible[q.Target]
		quotes[key] = entity.NewQuote(q, statuses[q.Target], isThere && !whole)
	}
	return quotes, nil
}

// quoteApproval is who may quote a note, as its policy says.
func quoteApproval(me store.Viewer, author store.Actor, n store.Note) entity.QuoteApproval {
	shown := entity.QuoteApproval{Automatic: []string{}, Manual: []string{}, CurrentUser: "unknown"}
	may := n.Policy.For("quote")
	for _, said := range []struct {
		ids  activity.IDs
		list *[]string
	}{{approved(may, true), &shown.Automatic}, {approved(may, false), &shown.Manual}} {
		if said.ids.Has(activity.Public) {
			*said.list = append(*said.list, "public")
		} else if f := author.Followers.ID; f != "" && said.ids.Has(f) {
			*said.list = append(*said.list, "followers")
		}
	}
	switch {
	case n.AuthorKey == me.Actor.Key, compose.Quotable(me.Actor, n) && approved(may, true).Has(activity.Public):
		shown.CurrentUser = "automatic"
	case !compose.Quotable(me.Actor, n):
		shown.CurrentUser = "denied"
	case approved(may, false).Has(activity.Public):
		shown.CurrentUser = "manual"
	}
	return shown
}

func approved(a *activity.Approval, automatic bool) activity.IDs {
	switch {
	case a == nil:
		return nil
	case automatic:
		return a.Automatic
	}
	return a.Manual
}

// quotedBy are the statuses that quote one, with its author's leave.
func (a *API) quotedBy(ctx context.Context, me store.Viewer, in struct {
	statusPath
	api.Page
}) (api.List[entity.Status], error) {
	n, err := a.db.VisibleNote(ctx, in.ID, me.Reader())
	if err != nil {
		return api.List[entity.Status]{}, err
	}
	entries, err := a.db.QuotesOf(ctx, n.Key, me.Reader(), in.Rows())
	if err != nil {
		return api.List[entity.Status]{}, err
	}
	shown, err := a.statuses(ctx, me, entries)
	return api.Paged(shown, entries, func(e store.Entry) store.Key { return e.Key }, in.Page), err
}

// revokeQuote takes back the leave for a status of mine to be quoted.
func (a *API) revokeQuote(ctx context.Context, me store.Viewer, in struct {
	statusPath
	Quoting store.Key `path:"quoting"`
}) (entity.Status, error) {
	quoted, err := a.own(ctx, me, in.ID)
	if err != nil {
		return entity.Status{}, err
	}
	quoting, err := a.db.VisibleNote(ctx, in.Quoting, me.Reader())
	if err != nil {
		return entity.Status{}, err
	}
	if err := a.engine.RevokeQuote(ctx, me.Actor, quoted, quoting); err != nil {
		return entity.Status{}, err
	}
	return a.note(ctx, me, quoting.Key)
}
