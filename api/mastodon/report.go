package mastodon

import (
	"cmp"
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

type newReport struct {
	Account  store.Key   `param:"account_id"`
	Statuses []store.Key `param:"status_ids"`
	Comment  string      `param:"comment"`
	Forward  bool        `param:"forward"`
	Category string      `param:"category"`
}

// report tells the admins, and with forward those of the other company, what is
// wrong. What the viewer may not see cannot be reported.
func (a *API) report(ctx context.Context, me store.Viewer, in newReport) (entity.Report, error) {
	account, err := a.actor(ctx, me, in.Account)
	if err != nil {
		return entity.Report{}, err
	}
	category := cmp.Or(in.Category, "other")
	if !slices.Contains([]string{"other", "spam", "legal", "violation"}, category) {
		return entity.Report{}, activity.Refuse(activity.Invalid, "bad_category", "category is spam, legal, violation or other")
	}
	c := federation.Complaint{Account: account, Comment: in.Comment, Category: category, Forward: in.Forward}
	for _, key := range in.Statuses[:min(len(in.Statuses), limits.ReportedNotes+1)] {
		e, err := a.entry(ctx, me, key)
		if err != nil {
			return entity.Report{}, err
		}
		c.Notes = append(c.Notes, e.Note)
	}
	r, err := a.engine.Report(ctx, me.Actor, c)
	if err != nil {
		return entity.Report{}, err
	}
	shown, err := a.accounts(ctx, []store.Actor{account})
	if err != nil {
		return entity.Report{}, err
	}
	return entity.NewReport(r, shown[0]), nil
}

// groupReports are those about posts in a group, for who looks after it: they do not say
// who reports.
func (a *API) groupReports(ctx context.Context, me store.Viewer, in accountPage) (api.List[entity.Report], error) {
	group, err := a.lookedAfter(ctx, me, in.ID)
	if err != nil {
		return api.List[entity.Report]{}, err
	}
	found, err := a.db.GroupReports(ctx, group.Key, me.Actor.Key, in.Rows())
	if err != nil {
		return api.List[entity.Report]{}, err
	}
	var people []store.Key
	for _, r := range found {
		people = append(people, r.Account)
	}
	accounts, err := a.accountsByKey(ctx, me, people)
	shown := []entity.Report{}
	for _, r := range found {
		if of, ok := accounts[r.Account]; ok {
			shown = append(shown, entity.NewReport(r, of))
		}
	}
	return api.Paged(shown, found, func(r store.Report) store.Key { return r.Key }, in.Page), err
}

func (a *API) settleReport(ctx context.Context, me store.Viewer, in struct {
	accountPath
	Report store.Key `path:"report"`
}) (entity.Group, error) {
	return a.within(ctx, me, in.accountPath, func(ctx context.Context, me, group store.Actor) error {
		return a.engine.SettleReport(ctx, me, group, in.Report)
	})
}
