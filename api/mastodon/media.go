package mastodon

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/federation/media"
	"entente.example/entente/store"
)

// maxUpload is the longest request with a picture in it: the rest is words.
const maxUpload = limits.PictureBytes + 64<<10

// addMedia takes a picture. It is ready when this answers, so that both versions of the
// endpoint answer 200.
func (a *API) addMedia(ctx context.Context, me store.Viewer, in struct {
	File        []byte `file:"file"`
	Description string `param:"description"`
	Focus       string `param:"focus"`
}) (entity.Attachment, error) {
	if len(in.File) == 0 {
		return entity.Attachment{}, activity.Refuse(activity.Invalid, "no_file", "send the picture as the field file of a form (multipart/form-data)")
	}
	focus, err := media.ReadFocus(in.Focus)
	if err != nil {
		return entity.Attachment{}, err
	}
	m, err := a.engine.Media().Add(ctx, me.Actor, media.Upload{File: in.File, Description: in.Description, Focus: focus})
	if err != nil {
		return entity.Attachment{}, err
	}
	return a.media(ctx, me, m)
}

func (a *API) media(ctx context.Context, me store.Viewer, m store.Media) (entity.Attachment, error) {
	links, err := a.engine.Media().Links(ctx, me.Actor.Key)
	return entity.NewMedia(m, links), err
}

func (a *API) getMedia(ctx context.Context, me store.Viewer, in statusPath) (entity.Attachment, error) {
	m, err := a.db.MediaOf(ctx, me.Actor.Key, in.ID)
	if err != nil {
		return entity.Attachment{}, err
	}
	return a.media(ctx, me, m)
}

// describeMedia changes the words to a picture that is in no post yet; in a post, the
// post is edited.
func (a *API) describeMedia(ctx context.Context, me store.Viewer, in struct {
	statusPath
	Description string `param:"description"`
	Focus       string `param:"focus"`
}) (entity.Attachment, error) {
	m, err := a.db.MediaOf(ctx, me.Actor.Key, in.ID)
	if err != nil {
		return entity.Attachment{}, err
	}
	focus, err := media.ReadFocus(in.Focus)
	if err == nil {
		err = media.CheckDescription(in.Description)
	}
	if err != nil {
		return entity.Attachment{}, err
	}
	m.Description = in.Description
	if in.Focus != "" {
		m.FocusX, m.FocusY = focus.X, focus.Y
	}
	if err := a.db.InTx(ctx, func(tx *store.Tx) error { return tx.DescribeMedia(ctx, m) }); err != nil {
		return entity.Attachment{}, err
	}
	return a.media(ctx, me, m)
}
