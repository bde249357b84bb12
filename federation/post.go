package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/federation/compose"
	"entente.example/entente/store"
)

// Draft is a post before it is one.
type Draft = compose.Draft

// Poll is what a draft asks.
type Poll = compose.Poll

// Post publishes what me wrote and gives it back as it is kept. A text that is
// empty or too long is Invalid; a post to answer that me cannot see NotFound; a
// group that me is not in Denied; what draft.Once has made before Conflict: see store.Made.
func (s *Service) Post(ctx context.Context, me store.Actor, draft Draft) (store.Note, error) {
	return s.post(ctx, me, draft)
}

// once lets a draft's word make one thing only, if it has one.
func once(ctx context.Context, me store.Actor, draft Draft, makes store.Key) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		if draft.Once == "" {
			return nil
		}
		return tx.Once(ctx, me.Key, draft.Once, makes)
	}
}

// post is Post; first is done before it in the same transaction, which an error ends.
func (s *Service) post(ctx context.Context, me store.Actor, draft Draft, first ...func(*store.Tx) error) (store.Note, error) {
	n, err := s.composer.Note(ctx, me, draft)
	if err != nil {
		return store.Note{}, err
	}
	if n.Attachment, err = s.attachments(ctx, me, draft.Media); err != nil {
		return store.Note{}, err
	}
	c, err := create(n)
	if err != nil {
		return store.Note{}, err
	}
	key, _ := s.NoteKey(n.ID) // it is ours
	if _, err := s.submit(ctx, me, c, append(first, once(ctx, me, draft, key))...); err != nil {
		return store.Note{}, err
	}
	return s.db.Note(ctx, n.ID)
}

// Edit replaces the text and the pictures of something that me wrote; who gets it stays.
func (s *Service) Edit(ctx context.Context, me store.Actor, old store.Note, draft Draft) (store.Note, error) {
	if old.AuthorKey != me.Key {
		return old, activity.ErrNotFound()
	}
	if old.InReplyTo.First() != "" {
		draft.Title = ""
	}
	n, err := s.composer.Text(ctx, draft, old.GroupKey)
	if err != nil {
		return old, err
	}
	if target, ok, err := activity.Optional(s.db.Note(ctx, old.Quote.ID)); err != nil {
		return old, err
	} else if ok {
		compose.FallBack(&n, target)
	}
	edited := old.Note
	edited.Content, edited.ContentMap, edited.Source = n.Content, n.ContentMap, n.Source
	edited.Name, edited.Summary, edited.Sensitive, edited.Tag = n.Name, n.Summary, n.Sensitive, n.Tag
	if edited.Attachment, err = s.attachments(ctx, me, draft.Media); err != nil {
		return old, err
	}
	edited.Updated = activity.At(s.now())
	u, err := update(old.ID, edited, old.Audience)
	if err != nil {
		return old, err
	}
	if _, err := s.submit(ctx, me, u); err != nil {
		return old, err
	}
	return s.db.Note(ctx, old.ID)
}
