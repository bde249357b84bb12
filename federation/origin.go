package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Who may say what about which object is decided here and nowhere else (FEP-fe34).
// A signature or proof shows who speaks; each verb names, where it is defined, the
// rights that it takes; and an activity needs one of them before its Verify looks
// at it, whether it was sent, announced by a group, forwarded, or is our own.
//
// Two things hold throughout. An id speaks for its own origin (scheme, host and
// port) only: nobody is believed about what lives elsewhere, it is asked for there.
// And what is known keeps its owner: neither an id nor a name in a document can
// take it over.

// right is a reason why an actor may say something.
type right struct {
	who string // has it, as FEDERATION.md names them
	has func(ctx context.Context, d *Deed, h Handler) (bool, error)
}

var (
	// forItself: a like, a follow, a report say nothing of what they are about but
	// that the actor did it. Whether the actor may know it is for Verify.
	forItself = right{"anybody, for themselves", func(context.Context, *Deed, Handler) (bool, error) { return true, nil }}
	writer    = right{"its author", isWriter}
	author    = right{"its author", isAuthor}
	moderator = right{"a moderator of its group", mayRemove}
	granter   = right{"who gave leave", isGranter}
	itself    = right{"the actor itself", isItself}
	successor = right{"who an actor has moved to, if its own host says so", isSuccessor}
	neighbour = right{"others of its host or moderators of the group, whereupon it is fetched", isNeighbour}
	doer      = right{"who did it, or a moderator", isDoer}
	asked     = right{"who was asked", wasAsked}
	wisher    = right{"who wants to do it", isWisher}
	owner     = right{"the owner of the collection, or a moderator", ownsShelf}
	converser = right{"the owner of the conversation", ownsConversation}
	blocker   = right{"anybody, for themselves; out of a group: a moderator", mayBlock}
	inviter   = right{"the group's own host, or a member whom it lets", mayInvite}
	reporter  = right{"the host that reported it", isReporter}
)

// entitled refuses (Denied, "not_yours") who has none of the rights that its type
// of activity takes.
func (d *Deed) entitled(ctx context.Context, h Handler) error {
	for _, r := range handlers[d.Head.Type].rights {
		if has, err := r.has(ctx, d, h); err != nil || has {
			return err
		}
	}
	return notYours()
}

func notYours() error {
	return activity.Refuse(activity.Denied, "not_yours", "this belongs to somebody else: only they can say it")
}

// verify is Verify for those who have the right to be listened to, and may do this by
// the agreement with their company, or ours with theirs.
func (d *Deed) verify(ctx context.Context, h Handler) error {
	if err := d.entitled(ctx, h); err != nil {
		return err
	}
	if err := d.permitted(ctx); err != nil {
		return err
	}
	return h.Verify(ctx, d)
}

// isWriter: everything that a Create or Update brings is on the actor's own origin,
// names the actor among its authors, and is nobody else's already.
func isWriter(ctx context.Context, d *Deed, h Handler) (bool, error) {
	if u, is := h.(*Update); is && u.ofActor() {
		return false, nil
	}
	is := true
	_, isCreate := h.(*Create)
	err := d.eachObject(func(d *Deed) error {
		if e, ok := d.sealed(); ok {
			mine, err := d.sealedBy(ctx, e)
			is = is && mine && isCreate // nothing changes in one
			return err
		}
		n, err := d.written(ctx)
		if err != nil {
			return err
		}
		known, ok, err := activity.Optional(d.Note(ctx, n.ID))
		named := d.Head.Object.Raw == nil || n.AttributedTo.First() == d.Actor.ID // see written
		is = is && named && activity.SameOrigin(n.ID, d.Actor.ID) && (!ok || known.AuthorKey == d.Actor.Key)
		return err
	})
	return is, err
}

// isAuthor: the note that goes is the actor's; one that we never saw, or the actor
// itself, goes at the word of its own origin.
func isAuthor(ctx context.Context, d *Deed, _ Handler) (bool, error) {
	id, err := object(d.Head)
	if err != nil {
		return false, err
	}
	known, ok, err := activity.Optional(d.Note(ctx, id))
	switch {
	case err != nil || ok:
		return ok && known.AuthorKey == d.Actor.Key, err
	case id == d.Actor.ID:
		return true, nil
	}
	message, ok, err := activity.Optional(d.Sealed(ctx, id))
	switch {
	case err != nil || ok:
		return ok && message.Author == d.Actor.Key, err
	case !activity.SameOrigin(id, d.Actor.ID) || d.Owns(id):
		return false, nil
	}
	_, isActor, err := activity.Optional(d.Tx.Actor(ctx, id)) // another of its host
	return !isActor, err
}

// mayRemove: the note is in a group that the actor decides for, or in a thread of it.
func mayRemove(ctx context.Context, d *Deed, _ Handler) (bool, error) {
	known, ok, err := activity.Optional(d.Note(ctx, d.Head.Object.ID))
	if err != nil || !ok {
		return false, err
	}
	group, err := d.over(ctx, known)
	return d.mayModerate(ctx, group), err
}

// over is the group whose moderators decide about a note: the one that it is in, else
// that whose thread it is in.
func (d *Deed) over(ctx context.Context, n store.Note) (store.Key, error) {
	if n.GroupKey != 0 {
		return n.In(), nil
	}
	return d.Around(ctx, n)
}

// goesAltogether says whether a note is removed, or is only taken out of the group of
// the moderator who wants it gone. They decide for the group and what was posted to it:
// what names it in its audience or among its authors, and all that is in a group of
// ours, which only members get into. What only mentions a group elsewhere is in it
// because the group says so, and stays its author's (decision 4), as do our own notes and
// what answers from outside.
func (d *Deed) goesAltogether(ctx context.Context, n store.Note) (bool, error) {
	switch {
	case n.AuthorKey == d.Actor.Key:
		return true, nil
	case n.Local || n.In() == 0:
		return false, nil
	}
	group, err := d.ActorByKey(ctx, n.In())
	return group.Local || n.Groups.Has(group.ID) || n.AttributedTo.Has(group.ID), err
}

// isGranter: what goes is leave (a stamp) that the actor had given.
func isGranter(ctx context.Context, d *Deed, _ Handler) (bool, error) {
	_, is, err := d.stampGone(ctx, d.Head.Object.ID)
	return is, err
}

func isItself(_ context.Context, d *Deed, _ Handler) (bool, error) {
	return d.Head.Object.ID == d.Actor.ID, nil
}

// isSuccessor: who an actor has moved to may tell of it. What the old host says of
// that is for Verify.
func isSuccessor(_ context.Context, d *Deed, h Handler) (bool, error) {
	m, is := h.(*Move)
	return is && m.isPulled(), nil
}

// isNeighbour: another actor of the same host, or a moderator of a group elsewhere,
// may say that an actor has changed. What is new is not taken from them.
func isNeighbour(ctx context.Context, d *Deed, h Handler) (bool, error) {
	u, is := h.(*Update)
	if !is || !u.ofActor() {
		return false, nil
	}
	if activity.SameOrigin(u.Object.ID, d.Actor.ID) {
		return true, nil
	}
	group, known, err := activity.Optional(d.Tx.Actor(ctx, u.Object.ID))
	return known && !group.Local && d.isModerator(ctx, group.Key), err
}

// isDoer: what is taken back is the actor's own by its id, by the actor it names and
// by what came of it here; or a moderator's to decide.
func isDoer(ctx context.Context, d *Deed, h Handler) (bool, error) {
	u, is := h.(*Undo)
	if !is {
		return false, nil
	}
	inner := u.undone()
	if _, names := u.unnamed(); names {
		return inner.Actor.ID == d.Actor.ID, nil
	}
	if inner.Actor.ID != "" && inner.Actor.ID != d.Actor.ID && !d.moderates(ctx, inner) ||
		inner.ID != "" && !activity.SameOrigin(inner.ID, d.Actor.ID) {
		return false, nil
	}
	return d.mayUndo(ctx, inner, u)
}

// mayUndo: what is nobody's yet may be undone before it comes; a ban by who
// decides for the group, since its edge is the banned one's.
func (d *Deed) mayUndo(ctx context.Context, inner activity.Envelope, u *Undo) (bool, error) {
	if inner.Type == "Delete" {
		row, ok, err := u.restored(ctx, d)
		return !ok || row.AuthorKey == d.Actor.Key || d.mayModerate(ctx, row.GroupKey), err
	}
	if r, ok, err := activity.Optional(d.reaction(ctx, inner)); err != nil || ok {
		return r.Actor == d.Actor.Key, err
	}
	e, ok, err := activity.Optional(d.edgeOf(ctx, inner))
	switch {
	case err != nil || !ok:
		return !ok, err
	case e.Kind == store.Ban:
		return d.mayModerate(ctx, e.Object), nil
	case e.Kind == store.Invitation:
		return e.Object == d.Actor.Key || d.mayModerate(ctx, e.Object), nil
	case e.Kind == store.Lock && d.mayModerate(ctx, e.Actor):
		return true, nil
	}
	return e.Actor == d.Actor.Key, nil
}

// wasAsked: the request that is answered was made to the actor. A refusal of ours
// needs none on record: it was never written.
func wasAsked(ctx context.Context, d *Deed, h Handler) (bool, error) {
	if _, refuses := h.(*Reject); refuses && d.Local {
		return true, nil
	}
	if _, _, is, err := d.succession(ctx); err != nil || is {
		return is, err
	}
	if _, is, err := d.handedOver(ctx); err != nil || is {
		return is, err
	}
	if _, is, err := d.pleaded(ctx); err != nil || is {
		return is, err
	}
	if _, is, err := d.invitation(ctx); err != nil || is {
		return is, err
	}
	_, err := d.wished(ctx)
	return err == nil, err
}

// isWisher: nobody asks for what another wants to do.
func isWisher(_ context.Context, d *Deed, _ Handler) (bool, error) {
	return activity.SameOrigin(d.Head.Instrument.ID, d.Actor.ID), nil
}

func ownsShelf(ctx context.Context, d *Deed, _ Handler) (bool, error) {
	if d.isKeyPackage() { // nobody adds the key of another
		return activity.SameOrigin(d.Head.Object.ID, d.Actor.ID), nil
	}
	_, err := d.shelfOwner(ctx, d.Head.Target.ID)
	return err == nil, err
}

// shelfOwner is the actor whose featured or moderators collection target is: the
// one who speaks, or a group that it may speak for.
func (d *Deed) shelfOwner(ctx context.Context, target activity.ID) (store.Actor, error) {
	if target == "" {
		return store.Actor{}, activity.Refuse(activity.Invalid, "no_target", "%s needs a target collection", d.Head.Type)
	}
	has := func(a store.Actor) bool {
		return a.Featured.ID == target || a.Wall.ID == target || a.IsGroup() && a.AttributedTo.Has(target)
	}
	if has(d.Actor) {
		return d.Actor, nil
	}
	for _, id := range d.Head.Audience.All() {
		group, ok, err := activity.Optional(d.Tx.Actor(ctx, id))
		if err != nil {
			return group, err
		}
		if ok && has(group) && d.mayModerate(ctx, group.Key) {
			return group, nil
		}
	}
	return store.Actor{}, activity.Refuse(activity.Denied, "not_yours", "this collection belongs to somebody else")
}

// mayBlock: everybody may keep somebody away from themselves.
func mayBlock(ctx context.Context, d *Deed, _ Handler) (bool, error) {
	return d.Head.Target.ID == "" || d.moderates(ctx, *d.Head), nil
}

func isReporter(ctx context.Context, d *Deed, _ Handler) (bool, error) {
	_, err := d.flagged(ctx)
	return err == nil, err
}

// mayModerate says whether the actor may decide for a group: it speaks through the
// group, is its moderator, or lives on the group's own host, which answers for
// whom it lets decide (interop §4.1).
func (d *Deed) mayModerate(ctx context.Context, group store.Key) bool {
	if group == 0 {
		return false
	}
	g, err := d.ActorByKey(ctx, group)
	return err == nil && (group == d.from || !g.Local && activity.SameOrigin(g.ID, d.Actor.ID) || d.isModerator(ctx, group))
}

func (d *Deed) isModerator(ctx context.Context, group store.Key) bool {
	is, err := d.HasEdge(ctx, store.Moderator, d.Actor.Key, group)
	if err != nil || !is || d.Actor.Local {
		return err == nil && is
	}
	g, ours, err := activity.Optional(d.Group(ctx, group))
	return err == nil && (!ours || g.LevelOf(d.Actor) != "") // whose company is taken off it decides no more, see Dismiss
}

// moderates says whether the actor may decide for the group (or whole server)
// that is the target: it lives on the target's own host, or is its moderator.
func (d *Deed) moderates(ctx context.Context, e activity.Envelope) bool {
	target := e.Target.ID
	if target == "" {
		return false
	}
	if !d.Owns(target) && activity.SameOrigin(target, d.Actor.ID) {
		return true
	}
	group, err := d.Tx.Actor(ctx, target)
	return err == nil && d.isModerator(ctx, group.Key)
}
