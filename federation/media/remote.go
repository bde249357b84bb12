package media

import (
	"cmp"
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// Remote is the n-th of the Files of a partner's note, if the reader may read the note:
// fetched by this instance, so that the partner does not learn who looks at it and when,
// and drawn anew. NotFound: for them there is none, or its host is not a partner.
func (l *Library) Remote(ctx context.Context, note store.Key, n int, r store.Reader) (File, error) {
	found, err := l.db.VisibleNote(ctx, note, r)
	if err != nil {
		return File{}, err
	}
	files := found.Files()
	if found.Local || n < 0 || n >= len(files) || files[n].Kind() != "image" {
		return File{}, activity.ErrNotFound()
	}
	address := files[n].URL.First()
	if err := l.gate.Allow(ctx, policy.Fetch, address.Host(), ""); err != nil { // whatever is in the cache
		return File{}, missing(err)
	}
	author := found.Note.Author()
	lets, _, err := l.gate.Grants(ctx, author.Host())
	if err != nil || !lets.Lets(agreement.UploadFile, author) {
		return File{}, cmp.Or(err, activity.ErrNotFound())
	}
	content, at, err := l.cache.Get(string(address))
	if activity.KindOf(err) == activity.NotFound || err == nil && len(content) == 0 && l.find.Now().Sub(at) > limits.PictureRetry {
		content, at = nil, l.find.Now()
		content, err = l.fetch(ctx, address, lets.FileSize)
	}
	return file(content, at, missing(err))
}

// missing: a reader of pages learns no more of a picture that is not to be had.
func missing(err error) error {
	if err != nil && activity.KindOf(err) != activity.Internal {
		return activity.ErrNotFound()
	}
	return err
}

// fetch gets a picture for all who wait for it at the moment, whoever of them goes away.
func (l *Library) fetch(ctx context.Context, address activity.ID, most int64) ([]byte, error) {
	ch := l.asking.DoChan(string(address), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.PictureTime)
		defer cancel()
		content, err := l.redraw(ctx, address, most)
		if err != nil && !activity.KindOf(err).Permanent() {
			return nil, err // it may be there in a moment; a host that hangs is left alone by the client
		}
		return content, l.cache.Put(string(address), content) // nil: do not ask again
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case got := <-ch:
		content, _ := got.Val.([]byte)
		return content, got.Err
	}
}

// redraw gets a picture of at most so many bytes, 0: as many as any may have.
func (l *Library) redraw(ctx context.Context, address activity.ID, most int64) ([]byte, error) {
	sent, err := l.find.Picture(ctx, address)
	if size := int64(len(sent)); err == nil && most != 0 && size > most {
		err = activity.Refuse(activity.TooLarge, "large_file", "the agreement grants files of at most %d bytes, not of %d", most, size)
	}
	if err != nil {
		return nil, err
	}
	p, err := l.studio.Recode(ctx, sent)
	return p.Content, err
}
