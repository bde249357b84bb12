package mastodon

import (
	"context"
	"strconv"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// newPoll is what a new status asks.
type newPoll struct {
	Options    []string `param:"poll[options]"`
	ExpiresIn  int      `param:"poll[expires_in]"` // seconds
	Multiple   bool     `param:"poll[multiple]"`
	HideTotals bool     `param:"poll[hide_totals]"`
}

// poll is nil where nothing is asked.
func (p newPoll) poll() *federation.Poll {
	if len(p.Options) == 0 {
		return nil
	}
	most := int(activity.MaxPollTime/time.Second) + 1
	return &federation.Poll{Options: p.Options, Multiple: p.Multiple, Open: time.Duration(max(0, min(p.ExpiresIn, most))) * time.Second}
}

func (a *API) getPoll(ctx context.Context, me store.Viewer, in statusPath) (entity.Poll, error) {
	shown, err := a.note(ctx, me, in.ID)
	if err == nil && shown.Poll == nil {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return entity.Poll{}, err
	}
	return *shown.Poll, nil
}

func (a *API) vote(ctx context.Context, me store.Viewer, in struct {
	statusPath
	Choices []string `param:"choices"`
}) (entity.Poll, error) {
	n, err := a.db.VisibleNote(ctx, in.ID, me.Reader())
	if err != nil {
		return entity.Poll{}, err
	}
	choices := make([]int, len(in.Choices))
	for i, c := range in.Choices {
		if choices[i], err = strconv.Atoi(c); err != nil {
			return entity.Poll{}, activity.Refuse(activity.Invalid, "bad_choice", "choices are numbers of answers, from 0")
		}
	}
	if err := a.engine.Vote(ctx, me.Actor, n, choices); err != nil {
		return entity.Poll{}, err
	}
	return a.getPoll(ctx, me, in.statusPath)
}
