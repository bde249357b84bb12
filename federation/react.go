package federation

import (
	"cmp"
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// EmojiReact puts an emoji beside a note (Pleroma, Akkoma; FEP-c0e0). Misskey does so
// by a Like, which is a favourite besides.
type EmojiReact struct{ activity.Envelope }

var _ = define[EmojiReact]("EmojiReact", forItself)

// Needs the note.
func (r *EmojiReact) Needs() activity.IDs { return activity.IDs{r.Object.ID} }

// Verify: you can only react to what you can see, with one emoji.
func (r *EmojiReact) Verify(ctx context.Context, d *Deed) error {
	if _, ok := r.Reacts(); !ok {
		return activity.Refuse(activity.Invalid, "not_an_emoji", "a reaction is one emoji")
	}
	_, err := d.seen(ctx, r.Object.ID)
	return err
}

// Apply writes it and tells the author.
func (r *EmojiReact) Apply(ctx context.Context, d *Deed) error {
	note, err := d.Note(ctx, r.Object.ID)
	if err != nil {
		return err
	}
	d.group = note.In()
	if err := d.react(ctx, note, r.Envelope, false); err != nil {
		return err
	}
	return d.Notify(ctx, note.AuthorKey, "pleroma:emoji_reaction", d.Actor.Key, note.Key)
}

// react puts the emoji of an activity beside a note, if it has one.
func (d *Deed) react(ctx context.Context, note store.Note, e activity.Envelope, byLike bool) error {
	emoji, ok := e.Reacts()
	if !ok {
		return nil
	}
	return d.PutReaction(ctx, store.Reaction{Note: note.Key, Actor: d.Actor.Key, Emoji: emoji.Text, URL: emoji.URL, IRI: d.IRI, ByLike: byLike})
}

// reaction is the one that an activity made: found by the activity's id, else by what
// is in it.
func (d *Deed) reaction(ctx context.Context, inner activity.Envelope) (store.Reaction, error) {
	r, ok, err := activity.Optional(d.ReactionByIRI(ctx, inner.ID))
	emoji, reacts := inner.Reacts()
	if err != nil || ok || !reacts {
		return r, cmp.Or(err, missing(ok))
	}
	if came, err := d.came(ctx, &inner); err != nil || came {
		return r, cmp.Or(err, missing(!came))
	}
	note, err := d.Note(ctx, inner.Object.ID)
	if err != nil {
		return r, err
	}
	return d.Reaction(ctx, note.Key, d.Actor.Key, emoji.Text)
}

// unreact takes a reaction back, and out of the favourite if it came by a Like. The id
// of one that never came means all with this emoji, as in withdraw.
func (d *Deed) unreact(ctx context.Context, r store.Reaction, id activity.ID) error {
	note, err := d.NoteByKey(ctx, r.Note)
	if err != nil {
		return err
	}
	d.group = note.In()
	cut, err := d.CutReaction(ctx, r, r.IRI == id)
	for _, r := range cut {
		if err == nil && r.IRI != id && r.IRI != "" {
			err = d.BuryUnless(ctx, r.IRI, d.Actor.ID, id)
		}
		if err == nil && r.ByLike {
			err = d.unlike(ctx, r)
		}
	}
	return err
}

func (d *Deed) unlike(ctx context.Context, r store.Reaction) error {
	like, ok, err := activity.Optional(d.Edge(ctx, store.Like, r.Actor, r.Note))
	if err != nil || !ok || !like.StandsFor(r.IRI) {
		return err
	}
	return d.Withdraw(ctx, like, r.IRI)
}

// React puts an emoji of mine beside a note: a character, or the :shortcode: of one
// that is there already. Twice is once. It goes out as a Like with content, which is a
// reaction to those who know them and a favourite to all others (FEP-c0e0).
func (s *Service) React(ctx context.Context, me store.Actor, n store.Note, emoji string) error {
	l := &Like{}
	l.Object = activity.Ref{ID: n.ID}
	to, err := s.toward(ctx, n)
	if err != nil {
		return err
	}
	l.Audience = to
	there, err := s.db.Reactions(ctx, me.Key, n.Key)
	if err != nil {
		return err
	}
	for _, r := range there[n.Key] {
		if r.Emoji == ":"+emoji+":" {
			emoji = r.Emoji // clients know it without colons
		}
		if r.Emoji == emoji && r.URL != "" {
			l.Tag = activity.List[activity.Tag]{activity.EmojiTag(activity.Emoji{Shortcode: emoji[1 : len(emoji)-1], URL: r.URL})}
		}
	}
	l.Content = activity.Text(emoji)
	what, ok := l.Reacts()
	if !ok {
		return activity.Refuse(activity.Invalid, "not_an_emoji", "a reaction is one emoji")
	}
	if _, known, err := activity.Optional(s.db.Reaction(ctx, n.Key, me.Key, what.Text)); err != nil || known {
		return err
	}
	l.Content, l.MisskeyReaction = activity.Text(what.Text), activity.Text(what.Text)
	_, err = s.submit(ctx, me, l)
	return err
}

// Unreact takes it back; what is not there is taken back already.
func (s *Service) Unreact(ctx context.Context, me store.Actor, n store.Note, emoji string) error {
	if one := activity.OneEmoji(emoji); one != "" {
		emoji = one
	}
	r, ok, err := activity.Optional(s.db.Reaction(ctx, n.Key, me.Key, emoji))
	if err == nil && !ok {
		r, ok, err = activity.Optional(s.db.Reaction(ctx, n.Key, me.Key, ":"+emoji+":"))
	}
	if err != nil || !ok {
		return err
	}
	inner := activity.Envelope{ID: r.IRI, Type: "Like", Actor: activity.Ref{ID: me.ID}, Object: activity.Ref{ID: n.ID}, Content: activity.Text(r.Emoji), MisskeyReaction: activity.Text(r.Emoji)}
	raw, err := json.Marshal(inner)
	if err != nil {
		return err
	}
	u := &Undo{}
	to, err := s.toward(ctx, n)
	if err != nil {
		return err
	}
	u.Object, u.Audience = activity.Ref{ID: r.IRI, Raw: raw}, to
	_, err = s.submit(ctx, me, u)
	return err
}
