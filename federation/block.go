package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Block keeps an actor away from another (ActivityPub §6.9), or, with a target,
// out of a group (Lemmy, Mbin).
type Block struct{ activity.Envelope }

var _ = define[Block]("Block", blocker)

// Needs both ends.
func (b *Block) Needs() activity.IDs { return activity.IDs{b.Object.ID, b.Target.ID} }

// Verify: the blocked one is known, and another.
func (b *Block) Verify(ctx context.Context, d *Deed) error {
	if _, err := d.Tx.Actor(ctx, b.Object.ID); err != nil {
		return err
	}
	if b.Object.ID == d.Actor.ID {
		return activity.Refuse(activity.Invalid, "self_block", "nobody blocks themselves")
	}
	return d.sparesIn(ctx, b.Object.ID, b.Target.ID)
}

// Apply cuts what joined the two.
func (b *Block) Apply(ctx context.Context, d *Deed) error {
	who, err := d.Tx.Actor(ctx, b.Object.ID)
	if err != nil {
		return err
	}
	if b.Target.ID != "" {
		return d.ban(ctx, who, b.Target.ID)
	}
	for _, e := range []store.Edge{{Actor: d.Actor.Key, Object: who.Key}, {Actor: who.Key, Object: d.Actor.Key}} {
		if _, err := d.CutEdge(ctx, store.Follow, e.Actor, e.Object); err != nil {
			return err
		}
	}
	_, err = d.PutEdge(ctx, store.Edge{Kind: store.Block, Actor: d.Actor.Key, Object: who.Key, Accepted: true, IRI: d.IRI})
	return err
}

func (b *Block) takesBack() {}

// sparesIn is spares by ids, for a group of ours.
func (d *Deed) sparesIn(ctx context.Context, who, group activity.ID) error {
	if group == "" || !d.Owns(group) {
		return nil
	}
	a, err := d.Tx.Actor(ctx, who)
	if err != nil {
		return err
	}
	g, ok, err := activity.Optional(d.Tx.Actor(ctx, group))
	if err != nil || !ok {
		return err
	}
	return d.spares(ctx, a.Key, g.Key)
}

func (d *Deed) ban(ctx context.Context, who store.Actor, target activity.ID) error {
	group, err := d.Tx.Actor(ctx, target)
	if err != nil {
		return err
	}
	if err := d.CutMember(ctx, who.Key, group.Key); err != nil {
		return err
	}
	d.group = group.Key
	_, err = d.PutEdge(ctx, store.Edge{Kind: store.Ban, Actor: who.Key, Object: group.Key, Accepted: true, IRI: d.IRI})
	return err
}

// Block makes me block target. Its server is told only that it follows no more:
// a block is nobody else's business.
func (s *Service) Block(ctx context.Context, me, target store.Actor) error {
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		follow, followed, err := activity.Optional(tx.Edge(ctx, store.Follow, target.Key, me.Key))
		if err != nil {
			return err
		}
		b := &Block{}
		b.Object = activity.Ref{ID: target.ID}
		if _, err := s.do(ctx, tx, me, b); err != nil || !followed || target.Local {
			return err
		}
		r := &Reject{}
		if r.Object, err = embedded("Follow", follow.IRI, target.ID, me.ID); err != nil {
			return err
		}
		r.To = activity.IDs{target.ID}
		_, err = s.do(ctx, tx, me, r)
		return err
	})
}

// Unblock takes it back.
func (s *Service) Unblock(ctx context.Context, me, target store.Actor) error {
	return s.undoEdge(ctx, me, "Block", store.Block, target.Key, target.ID, activity.Audience{})
}
