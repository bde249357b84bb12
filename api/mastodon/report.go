package mastodon

import (
	"cmp"
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
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
