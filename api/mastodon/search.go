package mastodon

import (
	"context"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// searched is what to look for: a handle, an address, or words.
type searched struct {
	Query   string `param:"q"`
	Type    string `param:"type"` // accounts, statuses, hashtags; "": all
	Resolve bool   `param:"resolve"`
	Limit   int    `param:"limit"`
	Offset  int    `param:"offset"`
}

// cut is at most as many as were asked for. There is one page: an offset is
// behind its end.
func cut[T any](found []T, in searched) []T {
	if in.Offset > 0 {
		return nil
	}
	limit := api.Page{Limit: in.Limit}.Rows().Limit
	return found[:min(len(found), limit)]
}

func (a *API) search(ctx context.Context, me store.Viewer, in searched) (entity.Search, error) {
	result := entity.Search{Accounts: []entity.Account{}, Statuses: []entity.Status{}, Hashtags: []entity.Tag{}}
	in.Query = strings.TrimSpace(in.Query)
	if in.Query == "" {
		return result, activity.Refuse(activity.Invalid, "empty_query", "say what to look for in q")
	}
	if in.Resolve && in.Type == "accounts" {
		if _, err := a.engine.AskDirectories(ctx, me.Actor, in.Query); err != nil {
			return result, err
		}
	}
	found, err := a.engine.Search(ctx, me.Actor, in.Query, in.Resolve)
	if err != nil {
		return result, err
	}
	if in.Type == "" || in.Type == "accounts" {
		if result.Accounts, err = a.accounts(ctx, cut(found.Actors, in)); err != nil {
			return result, err
		}
	}
	if in.Type == "" || in.Type == "statuses" {
		var entries []store.Entry
		for _, n := range cut(found.Notes, in) {
			entries = append(entries, store.Entry{Key: n.Key, Note: n})
		}
		result.Statuses, err = a.statuses(ctx, me, entries)
	}
	return result, err
}

// searchAccounts is what clients complete names with while somebody types.
func (a *API) searchAccounts(ctx context.Context, me store.Viewer, in searched) ([]entity.Account, error) {
	in.Type = "accounts"
	found, err := a.search(ctx, me, in)
	return found.Accounts, err
}
