package federation

import (
	"context"
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// request asks an author for leave to do something to a note (FEP-044f,
// GoToSocial). It is answered by the note's policy, at once: nobody is kept
// waiting, and nobody is asked.
type request struct{ activity.Envelope }

type (
	// QuoteRequest asks for leave to quote a note (FEP-044f).
	QuoteRequest struct{ request }
	// LikeRequest asks for leave to like a note (GoToSocial).
	LikeRequest struct{ request }
	// ReplyRequest asks for leave to answer a note (GoToSocial).
	ReplyRequest struct{ request }
	// AnnounceRequest asks for leave to boost a note (GoToSocial).
	AnnounceRequest struct{ request }
)

var (
	_ = define[QuoteRequest]("QuoteRequest", wisher)
	_ = define[LikeRequest]("LikeRequest", wisher)
	_ = define[ReplyRequest]("ReplyRequest", wisher)
	_ = define[AnnounceRequest]("AnnounceRequest", wisher)
)

// Helpful is the note that wants to quote or answer: its author's word for it is
// not needed, only who is quoted sees it sooner.
func (r *request) Helpful() activity.IDs {
	if kind := r.kind(); kind == "quote" || kind == "reply" {
		return activity.IDs{r.Instrument.ID}
	}
	return nil
}

// Verify: what is asked about is a note that the actor can see.
func (r *request) Verify(ctx context.Context, d *Deed) error {
	_, err := d.seen(ctx, r.Object.ID)
	return err
}

// Apply answers what one of ours is asked.
func (r *request) Apply(ctx context.Context, d *Deed) error {
	target, err := d.Note(ctx, r.Object.ID)
	if err != nil || !target.Local {
		return err // ours asks somebody else
	}
	author, err := d.ActorByKey(ctx, target.AuthorKey)
	if err != nil {
		return err
	}
	may, err := d.mayDo(ctx, r.kind(), target)
	if err != nil {
		return err
	}
	stamp := store.Stamp{}
	if may {
		stamp, err = d.PutStamp(ctx, store.Stamp{Kind: r.kind(), Author: author.Key, Object: r.Instrument.ID, Target: target.Key})
		if err != nil {
			return err
		}
	}
	if !may || !stamp.RevokedAt.IsZero() {
		return d.answer(ctx, author, &Reject{})
	}
	a := &Accept{}
	a.Result = activity.Ref{ID: d.StampID(stamp.Key)}
	if err := d.answer(ctx, author, a); err != nil || r.kind() != "quote" {
		return err
	}
	return d.quoted(ctx, target, stamp)
}

// Again answers again: the first answer may have been lost.
func (r *request) Again(ctx context.Context, d *Deed) error {
	return r.Apply(ctx, d)
}

func (r *request) kind() string { return petition{Type: r.Type}.kind() }

// mayDo says whether the actor may do something to a note of ours: what its
// policy says, else what its visibility lets one expect. Whatever the policy,
// what is not for everybody is neither quoted nor boosted.
func (d *Deed) mayDo(ctx context.Context, kind string, n store.Note) (bool, error) {
	if n.AuthorKey == d.Actor.Key {
		return true, nil
	}
	if blocked, err := d.Blocked(ctx, d.Actor.Key, n.AuthorKey); err != nil || blocked {
		return false, err
	}
	if (kind == "quote" || kind == "announce") && !isOpen(n) {
		return false, nil
	}
	policy := n.Policy.For(kind)
	switch {
	case kind == "reply" && n.GroupKey != 0:
		return d.IsMember(ctx, d.Actor.Key, n.GroupKey)
	case policy == nil, policy.Automatic.Has(activity.Public), policy.Automatic.Has(d.Actor.ID):
		return true, nil
	}
	author, err := d.ActorByKey(ctx, n.AuthorKey)
	if err != nil || !policy.Automatic.Has(author.Followers.ID) {
		return false, err
	}
	return d.HasEdge(ctx, store.Follow, d.Actor.Key, n.AuthorKey)
}

// isOpen says that everybody may read a note, wherever it is.
func isOpen(n store.Note) bool {
	return n.GroupKey == 0 && n.Visibility.Wide()
}

// plea is a request of one of ours that is being answered, and what it was about.
type plea struct {
	kind   string // "": one of ours answers, and has done what follows from it
	target store.Note
	note   store.Note // that quotes or answers; zero for a like or boost
	edge   store.Edge // of a like or boost
}

// pleaded is the request that an Accept or Reject answers, if it is one. Only the
// author of what it was about can answer it. GoToSocial also answers what was done
// without asking, by its id.
func (d *Deed) pleaded(ctx context.Context) (p plea, is bool, err error) {
	r, err := d.requestInside(ctx)
	if err != nil || r.kind() == "" || d.Local { // ours answers somebody else
		return p, r.kind() != "", err
	}
	p.kind = r.kind()
	p.target, err = d.Note(ctx, r.Object.ID)
	if err != nil || p.target.AuthorKey != d.Actor.Key {
		return p, true, noPlea(err)
	}
	if p.kind == "quote" || p.kind == "reply" {
		p.note, err = d.Note(ctx, r.Instrument.ID)
		about := p.kind == "quote" && p.note.Quote.ID == r.Object.ID || p.kind == "reply" && p.note.InReplyTo.First() == r.Object.ID
		if err != nil || !p.note.Local || !about {
			return p, true, noPlea(err)
		}
		return p, true, nil
	}
	who, err := d.Tx.Actor(ctx, r.Actor.ID)
	if err != nil || !who.Local {
		return p, true, noPlea(err)
	}
	kind := store.Like
	if p.kind == "announce" {
		kind = store.Boost
	}
	if p.edge, err = d.Edge(ctx, kind, who.Key, p.target.Key); err != nil {
		err = noPlea(err)
	}
	return p, true, err
}

func noPlea(err error) error {
	if err != nil && activity.KindOf(err) != activity.NotFound {
		return err
	}
	return activity.Refuse(activity.NotFound, "nothing_to_answer", "there is no request of that kind")
}

// requestInside is the request that is embedded, that we sent under this id, or
// that the deed under this id was.
func (d *Deed) requestInside(ctx context.Context) (r petition, err error) {
	if raw := d.Head.Object.Raw; raw != nil {
		if json.Unmarshal(raw, &r) != nil {
			return petition{}, nil
		}
		if r.Type == "Like" || r.Type == "Announce" {
			r.Type += "Request"
		}
		return r, nil
	}
	id := d.Head.Object.ID
	if rec, ok, err := activity.Optional(d.Recorded(ctx, id)); err != nil || ok && rec.Local {
		if err == nil {
			_ = json.Unmarshal(rec.Raw, &r) // we wrote it ourselves
		}
		if slices.Contains([]string{"Like", "Announce"}, r.Type) {
			r.Type += "Request"
		}
		return r, err
	}
	n, ok, err := activity.Optional(d.Note(ctx, id))
	if err == nil && ok && n.Local && len(n.InReplyTo) > 0 {
		r = petition{Type: "ReplyRequest", Object: activity.Ref{ID: n.InReplyTo.First()}, Instrument: activity.Ref{ID: n.ID}}
	}
	return r, err
}

// granted keeps the leave that somebody gave to one of ours: on the note, whose
// new version goes where it went, or on the like or boost.
func (d *Deed) granted(ctx context.Context, p plea, err error) error {
	if err != nil || p.kind == "" {
		return err
	}
	stamp := d.Head.Result.ID
	if !activity.SameOrigin(stamp, d.Actor.ID) {
		return activity.Refuse(activity.Invalid, "no_stamp", "leave is given by a stamp on the author's own host")
	}
	switch p.kind {
	case "quote":
		return d.quoteGranted(ctx, p, stamp)
	case "reply":
		p.note.Approved = activity.Ref{ID: stamp}
		if err := d.Detach(ctx, p.note.Key, false); err != nil {
			return err
		}
		return d.republish(ctx, p.note)
	}
	return d.ApproveEdge(ctx, p.edge.Key, stamp)
}

// refused takes back what somebody does not want: a quote is no quote, an answer
// is not shown below what it answers, a like or boost is undone.
func (d *Deed) refused(ctx context.Context, p plea, err error) error {
	if err != nil {
		return err
	}
	switch p.kind {
	case "quote":
		return d.quoteEnds(ctx, store.Quote{Note: p.note.Key, IRI: p.note.Quote.ID, Target: p.target.Key}, store.QuoteRejected)
	case "reply":
		return d.Detach(ctx, p.note.Key, true)
	}
	if p.kind == "" {
		return nil
	}
	return d.CutEdgeByKey(ctx, p.edge.Key)
}

// republish sends the new version of a note of ours where the note went.
func (d *Deed) republish(ctx context.Context, n store.Note) error {
	author, err := d.ActorByKey(ctx, n.AuthorKey)
	if err != nil {
		return err
	}
	u, err := update(n.ID, n.Note, n.Audience)
	if err == nil {
		_, err = d.Do(ctx, author, u)
	}
	return err
}
