package mastodon

import (
	"context"
	"encoding/json"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// due reads the parameter scheduled_at (ISO 8601).
func due(text string) (time.Time, error) {
	var at activity.Time
	quoted, _ := json.Marshal(text) // text: cannot fail
	_ = at.UnmarshalJSON(quoted)    // never fails on JSON
	if at.IsZero() {
		return at.Time, activity.Refuse(activity.Invalid, "bad_time", "scheduled_at is a time such as 2027-03-01T09:00:00Z")
	}
	return at.Time, nil
}

// schedule keeps a post for later.
func (a *API) schedule(ctx context.Context, me store.Viewer, draft federation.Draft, at string) (store.Draft, error) {
	when, err := due(at)
	if err != nil {
		return store.Draft{}, err
	}
	return a.engine.Schedule(ctx, me.Actor, draft, when)
}

// scheduled shows a draft to its author; to everybody else there is none.
func (a *API) scheduled(ctx context.Context, me store.Viewer, key store.Key) (entity.ScheduledStatus, error) {
	d, err := a.db.DraftOf(ctx, me.Actor.Key, key)
	if err != nil {
		return entity.ScheduledStatus{}, err
	}
	return a.scheduledStatus(ctx, me, d)
}

func (a *API) scheduledStatus(ctx context.Context, me store.Viewer, d store.Draft) (entity.ScheduledStatus, error) {
	var draft federation.Draft
	if err := json.Unmarshal(d.Draft, &draft); err != nil {
		return entity.ScheduledStatus{}, err
	}
	shown := entity.NewScheduledStatus(d, draft)
	for _, key := range d.Media {
		m, known, err := activity.Optional(a.db.MediaOf(ctx, me.Actor.Key, key))
		if err != nil {
			return shown, err
		}
		if !known {
			continue
		}
		file, err := a.media(ctx, me, m)
		if err != nil {
			return shown, err
		}
		shown.MediaAttachments = append(shown.MediaAttachments, file)
	}
	return shown, nil
}

func (a *API) listScheduled(ctx context.Context, me store.Viewer, p api.Page) (api.List[entity.ScheduledStatus], error) {
	ds, err := a.db.DraftsOf(ctx, me.Actor.Key, p.Rows())
	if err != nil {
		return api.List[entity.ScheduledStatus]{}, err
	}
	shown := []entity.ScheduledStatus{}
	for _, d := range ds {
		s, err := a.scheduledStatus(ctx, me, d)
		if err != nil {
			return api.List[entity.ScheduledStatus]{}, err
		}
		shown = append(shown, s)
	}
	return api.Paged(shown, ds, func(d store.Draft) store.Key { return d.Key }, p), nil
}

func (a *API) getScheduled(ctx context.Context, me store.Viewer, in statusPath) (entity.ScheduledStatus, error) {
	return a.scheduled(ctx, me, in.ID)
}

func (a *API) reschedule(ctx context.Context, me store.Viewer, in struct {
	statusPath
	ScheduledAt string `param:"scheduled_at"`
}) (entity.ScheduledStatus, error) {
	if _, err := a.db.DraftOf(ctx, me.Actor.Key, in.ID); err != nil {
		return entity.ScheduledStatus{}, err
	}
	when, err := due(in.ScheduledAt)
	if err == nil {
		err = a.engine.Reschedule(ctx, me.Actor, in.ID, when)
	}
	if err != nil {
		return entity.ScheduledStatus{}, err
	}
	return a.scheduled(ctx, me, in.ID)
}

func (a *API) unschedule(ctx context.Context, me store.Viewer, in statusPath) (struct{}, error) {
	return struct{}{}, a.db.InTx(ctx, func(tx *store.Tx) error { return tx.DropDraft(ctx, me.Actor.Key, in.ID) })
}
