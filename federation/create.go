package federation

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Create brings something written into the world (ActivityPub §7.2).
type Create struct {
	activity.Envelope
	read reading
}

func (c *Create) reading() *reading { return &c.read }

var _ = define[Create]("Create", writer)

// Needs the object where only its id was sent.
func (c *Create) Needs() activity.IDs {
	if c.Object.Raw == nil {
		return activity.IDs{c.Object.ID}
	}
	return nil
}

// Helpful is what it answers and the group that it is posted in.
func (c *Create) Helpful() activity.IDs {
	n, err := c.read.note(c.Actor.ID, c.Object.Raw)
	if err != nil {
		return nil
	}
	return append(append(activity.IDs{n.InReplyTo.First()}, n.Groups...), c.Groups...)
}

// Verify: nobody writes into a group that they are not in.
func (c *Create) Verify(ctx context.Context, d *Deed) error {
	return d.eachObject(func(d *Deed) error { return d.mayWrite(ctx) })
}

// Apply keeps it, shows it to whom it concerns and, in a group of ours, takes it in.
func (c *Create) Apply(ctx context.Context, d *Deed) error {
	return d.eachObject(func(d *Deed) error { return d.write(ctx) })
}

// eachObject does fn with everything that a Create brings: GoToSocial sends all
// the votes of one person in one.
func (d *Deed) eachObject(fn func(*Deed) error) error {
	if d.read == nil {
		d.read = &reading{}
	}
	objects, err := d.read.each(d.Raw)
	if err != nil {
		return err
	}
	for _, object := range objects {
		one, head := *d, *d.Head
		head.Object, one.Head = object, &head
		if err := fn(&one); err != nil {
			return err
		}
		d.group, d.only, d.unread = one.group, one.only, one.unread
	}
	return nil
}

func (d *Deed) mayWrite(ctx context.Context) error {
	if e, ok := d.sealed(); ok {
		return d.maySeal(ctx, e)
	}
	n, err := d.written(ctx)
	if err != nil {
		return err
	}
	if poll, is, err := d.poll(ctx, n); err != nil || is {
		return cmp.Or(err, d.mayVote(ctx, poll, n))
	}
	row, known, err := activity.Optional(d.Note(ctx, n.ID)) // fetched before: nobody was told
	if err == nil && !known {
		row, err = d.Place(ctx, d.Tx, d.Actor, n)
	}
	if err != nil {
		return err
	}
	return d.mayBring(ctx, row, known)
}

// mayBring is what is asked of a note before the actor brings it into the world, or back
// into it. Of one that is known nobody was told yet, and it has its place.
func (d *Deed) mayBring(ctx context.Context, row store.Note, known bool) error {
	if err := d.mayPublish(ctx, row); err != nil {
		return err
	}
	if known {
		return d.mayName(ctx, row)
	}
	group, isGroup, err := activity.Optional(d.ActorByKey(ctx, row.GroupKey))
	if err != nil {
		return err
	}
	if err := d.mayAnswer(ctx, row, group); err != nil {
		return err
	}
	if isGroup {
		return d.mayPost(ctx, row.AuthorKey, group, row.Note)
	}
	return d.mayName(ctx, row)
}

func (d *Deed) write(ctx context.Context) error {
	if e, ok := d.sealed(); ok {
		return d.seal(ctx, e)
	}
	n, err := d.written(ctx)
	if err != nil {
		return err
	}
	if poll, is, err := d.poll(ctx, n); err != nil || is {
		return cmp.Or(err, d.vote(ctx, poll, n))
	}
	row, known, err := activity.Optional(d.Note(ctx, n.ID))
	if err != nil {
		return err
	}
	if known { // fetched, when somebody named it: nobody had said it yet
		return d.show(ctx, row)
	}
	if gone, err := d.Buried(ctx, n.ID); err != nil {
		return err
	} else if !gone.IsZero() {
		return d.ForgetText(ctx, d.Key)
	}
	if row, err = d.Place(ctx, d.Tx, d.Actor, n); err != nil {
		return err
	}
	isNew, err := d.PutNote(ctx, row)
	if err == nil && isNew && d.Local {
		err = d.published(ctx, row)
	}
	if err == nil && !isNew { // it came by another way in the meantime
		row, err = d.Note(ctx, n.ID)
	}
	if err != nil {
		return err
	}
	return d.spread(ctx, row)
}

// spread does what follows from a new note.
func (d *Deed) spread(ctx context.Context, row store.Note) error {
	if err := d.quotes(ctx, row); err != nil {
		return err
	}
	if err := d.show(ctx, row); err != nil {
		return err
	}
	return d.fill(ctx, row)
}

// published: one of ours has a new note, with its files, and with an end if it asks.
func (d *Deed) published(ctx context.Context, n store.Note) error {
	if err := d.attach(ctx, n); err != nil || !n.IsPoll() {
		return err
	}
	return d.tallyAt(ctx, n, n.Ends())
}

// written is the object of a Create or Update, ours by its author. It is what was
// sent along when that comes from the actor's own host, else what was fetched.
func (d *Deed) written(ctx context.Context) (activity.Note, error) {
	if d.Head.Object.Raw == nil {
		n, err := d.Note(ctx, d.Head.Object.ID)
		return n.Note, err
	}
	if d.read == nil {
		d.read = &reading{}
	}
	n, err := d.read.note(d.Actor.ID, d.Head.Object.Raw)
	if err != nil {
		return n, err
	}
	if n.Audience.IsEmpty() {
		n.Audience = d.Head.Audience
	}
	if n.AttributedTo.Has(d.Actor.ID) { // or it is not ours to write: see isWriter
		n.AttributedTo = append(activity.IDs{d.Actor.ID}, slices.DeleteFunc(slices.Clone(n.AttributedTo), func(id activity.ID) bool { return id == d.Actor.ID })...)
	}
	return n, d.WithoutFiles(ctx, d.Tx, d.Actor, &n)
}

// mayPost: who writes in a group of ours is in it. This is asked at the one door
// by which notes come into a group, takeIn, besides before.
// Where only moderators begin something, members answer.
func (d *Deed) mayPost(ctx context.Context, author store.Key, group store.Actor, n activity.Note) error {
	if !group.Local && !d.Local {
		return nil
	}
	return d.mayPostIn(ctx, d.Tx, author, group, n)
}

func (s *Service) mayPostIn(ctx context.Context, in groups, author store.Key, group store.Actor, n activity.Note) error {
	is, err := in.IsMember(ctx, author, group.Key)
	switch {
	case err == nil && !is:
		err = notAMember()
	case err == nil && group.MovedTo.ID != "":
		err = movedOn(group)
	}
	if err != nil {
		return err
	}
	level, err := begins(ctx, in, group, n)
	if err != nil {
		return err
	}
	who, err := in.ActorByKey(ctx, author)
	if err == nil {
		err = s.reaches(ctx, in, who, group, level)
	}
	if err != nil || !group.Local || !bool(group.PostingRestrictedToMods) || level == activity.Comments {
		return err
	}
	if is, err = in.HasEdge(ctx, store.Moderator, author, group.Key); err == nil && !is {
		err = activity.Refuse(activity.Denied, "moderators_post", "in this group only moderators begin a discussion: you can answer what is there")
	}
	return err
}

// show puts a new note where its readers look: timelines, notifications, or the
// group that takes it in.
func (d *Deed) show(ctx context.Context, n store.Note) error {
	if n.GroupKey == 0 {
		if n.Visibility != activity.VisibleDirect {
			if err := d.FanToFollowers(ctx, n); err != nil {
				return err
			}
		}
		return d.notifyNamed(ctx, n)
	}
	group, err := d.ActorByKey(ctx, n.GroupKey)
	if err != nil {
		return err
	}
	if !group.Local {
		return d.notifyNamed(ctx, n) // its host takes it in, or not: see Announce
	}
	d.group = group.Key
	return d.takeIn(ctx, n, group)
}

// notifyNamed tells those whom a note concerns, as far as its author may: see mayTell.
func (d *Deed) notifyNamed(ctx context.Context, n store.Note) error {
	keys, err := d.concerned(ctx, n)
	if err == nil {
		keys, err = d.mayTell(ctx, n, keys)
	}
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := d.Tx.Notify(ctx, key, "mention", n.AuthorKey, n.Key); err != nil {
			return err
		}
	}
	return nil
}

// concerned are those whom a note mentions, and the author of what it answers.
// A direct message concerns everybody it is for: Lemmy and chats mention nobody.
func (d *Deed) concerned(ctx context.Context, n store.Note) ([]store.Key, error) {
	keys, err := d.ActorKeys(ctx, n.Mentions())
	if err != nil {
		return nil, err
	}
	if n.Visibility == activity.VisibleDirect {
		keys = append(keys, n.Addressed...)
	}
	if n.ReplyTo != 0 {
		parent, ok, err := activity.Optional(d.NoteByKey(ctx, n.ReplyTo))
		if err != nil {
			return nil, err
		}
		if ok {
			keys = append(keys, parent.AuthorKey)
		}
	}
	if n.Visibility.Wide() {
		return keys, nil
	}
	// a mention without addressing tells nobody
	keys = slices.DeleteFunc(keys, func(key store.Key) bool { return !slices.Contains(n.Addressed, key) })
	return d.inside(ctx, n, keys)
}

// inside are those of some who are in the group of a note, all where it is in none
// that is for its members only.
func (d *Deed) inside(ctx context.Context, n store.Note, some []store.Key) (in []store.Key, err error) {
	group, ok, err := activity.Optional(d.ActorByKey(ctx, n.GroupKey))
	if err != nil || !ok || !group.Access().Shut() {
		return some, err
	}
	for _, key := range some {
		is, err := d.IsMember(ctx, key, group.Key)
		if err != nil {
			return nil, err
		}
		if is {
			in = append(in, key)
		}
	}
	return in, nil
}

// create makes the Create of a note of ours.
func create(n activity.Note) (*Create, error) {
	n.Context = nil
	raw, err := json.Marshal(n)
	c := &Create{}
	c.Object, c.Audience = activity.Ref{ID: n.ID, Raw: raw}, n.Audience
	return c, err
}
