package mastodon

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

type notificationPage struct {
	api.Page
	Types        []string `param:"types"`
	ExcludeTypes []string `param:"exclude_types"`
}

func (a *API) notifications(ctx context.Context, me store.Viewer, in notificationPage) (api.List[entity.Notification], error) {
	filter := store.NotificationFilter{Kinds: in.Types, Without: in.ExcludeTypes}
	found, err := a.db.FilteredNotifications(ctx, me.Actor.Key, filter, in.Rows())
	if err != nil {
		return api.List[entity.Notification]{}, err
	}
	shown, err := a.showNotifications(ctx, me, found)
	return api.Paged(shown, found, func(n store.Notification) store.Key { return n.Key }, in.Page), err
}

// showNotifications leaves out what is about a note or report that the viewer may not
// see (any more), and what is by somebody who is gone.
func (a *API) showNotifications(ctx context.Context, me store.Viewer, found []store.Notification) ([]entity.Notification, error) {
	var people []store.Key
	for _, n := range found {
		people = append(people, n.Actor)
	}
	accounts, err := a.accountsByKey(ctx, me, people)
	if err != nil {
		return nil, err
	}
	about, err := a.about(ctx, me, found)
	shown := []entity.Notification{}
	for _, n := range found {
		m := entity.Matter{Status: about.statuses[n.Note], Report: about.reports[n.Report], Warning: about.warnings[n.Removal]}
		hidden := n.Note != 0 && m.Status == nil || n.Report != 0 && m.Report == nil
		if by, ok := accounts[n.Actor]; ok && !hidden {
			shown = append(shown, entity.NewNotification(n, by, m))
		}
	}
	return shown, err
}

// matters are what notifications are about, as far as the viewer may see it.
type matters struct {
	statuses map[store.Key]*entity.Status
	reports  map[store.Key]*entity.Report
	warnings map[store.Key]*entity.Warning
}

func (a *API) about(ctx context.Context, me store.Viewer, found []store.Notification) (m matters, err error) {
	var notes, reports, removals []store.Key
	add := func(to *[]store.Key, key store.Key) {
		if key != 0 {
			*to = append(*to, key)
		}
	}
	for _, n := range found {
		add(&notes, n.Note)
		add(&reports, n.Report)
		add(&removals, n.Removal)
	}
	if m.statuses, err = a.statusesByKey(ctx, me, notes); err != nil {
		return m, err
	}
	if m.reports, err = a.reportsByKey(ctx, me, reports); err != nil {
		return m, err
	}
	m.warnings, err = a.warningsByKey(ctx, me, removals)
	return m, err
}

func (a *API) statusesByKey(ctx context.Context, me store.Viewer, keys []store.Key) (map[store.Key]*entity.Status, error) {
	notes, err := a.db.VisibleNotes(ctx, keys, me.Reader())
	if err != nil {
		return nil, err
	}
	var entries []store.Entry
	for key, n := range notes {
		entries = append(entries, store.Entry{Key: key, Note: n})
	}
	shown, err := a.statuses(ctx, me, entries)
	found := map[store.Key]*entity.Status{}
	for i := range shown {
		found[shown[i].ID] = &shown[i]
	}
	return found, err
}

// reportsByKey are those about people who are still there which the viewer may read.
func (a *API) reportsByKey(ctx context.Context, me store.Viewer, keys []store.Key) (map[store.Key]*entity.Report, error) {
	reports, err := a.db.ReportsFor(ctx, me.Member, keys...)
	if err != nil {
		return nil, err
	}
	var people []store.Key
	for _, r := range reports {
		people = append(people, r.Account)
	}
	accounts, err := a.accountsByKey(ctx, me, people)
	found := map[store.Key]*entity.Report{}
	for key, r := range reports {
		if of, ok := accounts[r.Account]; ok {
			shown := entity.NewReport(r, of)
			found[key] = &shown
		}
	}
	return found, err
}

func (a *API) accountsByKey(ctx context.Context, me store.Viewer, keys []store.Key) (map[store.Key]entity.Account, error) {
	known, err := a.db.ActorsFor(ctx, me.Actor.Key, keys...)
	if err != nil {
		return nil, err
	}
	var actors []store.Actor
	for _, actor := range known {
		if actor.Usable() {
			actors = append(actors, actor)
		}
	}
	shown, err := a.accounts(ctx, actors)
	found := map[store.Key]entity.Account{}
	for _, account := range shown {
		found[account.ID] = account
	}
	return found, err
}

type notificationPath struct {
	ID store.Key `path:"id"`
}

func (a *API) notification(ctx context.Context, me store.Viewer, in notificationPath) (entity.Notification, error) {
	n, err := a.db.Notification(ctx, me.Actor.Key, in.ID)
	if err != nil {
		return entity.Notification{}, err
	}
	shown, err := a.showNotifications(ctx, me, []store.Notification{n})
	if err == nil && len(shown) == 0 {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return entity.Notification{}, err
	}
	return shown[0], nil
}

func (a *API) clearNotifications(ctx context.Context, me store.Viewer, _ api.None) (struct{}, error) {
	return a.dismissNotification(ctx, me, notificationPath{}) // 0: all of them
}

func (a *API) dismissNotification(ctx context.Context, me store.Viewer, in notificationPath) (struct{}, error) {
	return struct{}{}, a.db.InTx(ctx, func(tx *store.Tx) error {
		return tx.DismissNotification(ctx, me.Actor.Key, in.ID)
	})
}
