package resolve

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

const featuredKind = "featured" // of store.Pace

// Visited is told that one of our people looks at the profile of an actor, and
// promises to fetch what it features, unless that was done lately.
func (f *Finder) Visited(ctx context.Context, a store.Actor) error {
	if a.Local || a.Featured.ID == "" {
		return nil
	}
	if p, err := f.db.Pace(ctx, featuredKind, a.Key); err != nil || !p.IsDue(f.now(), limits.FeaturedEvery) {
		return err
	}
	return f.db.InTx(ctx, func(tx *store.Tx) error {
		p, due, err := tx.Begin(ctx, featuredKind, a.Key, limits.FeaturedEvery)
		if err != nil || !due {
			return err
		}
		return tx.Enqueue(ctx, store.FetchFeatured{Actor: a.Key, Begun: p.Begun})
	})
}

// FetchFeatured fetches what an actor features, within the budget of an errand: it
// is the actor's own collection, so it counts as a whole. A group that none of ours is in is
// asked anew who it is, besides: it does not tell us. One that cannot be had
// changes nothing. An error means that our own database fails.
func (f *Finder) FetchFeatured(ctx context.Context, job store.FetchFeatured) error {
	p, err := f.db.Pace(ctx, featuredKind, job.Actor)
	if err != nil || p.Begun != job.Begun || p.Step > 0 {
		return err
	}
	a, err := f.db.ActorByKey(ctx, job.Actor)
	if err != nil || !a.Usable() || a.Local {
		return err
	}
	r := f.Errand()
	if err := r.lookAgain(ctx, a); err != nil {
		return err
	}
	items, _, err := r.collect(ctx, a.Featured.ID)
	if err != nil && activity.KindOf(err) == activity.Internal {
		return err
	}
	if err != nil {
		f.log.InfoContext(ctx, "what an actor features cannot be had", "actor", a.ID, "err", err)
		return nil
	}
	items = items[:min(len(items), limits.Featured)]
	for _, item := range items {
		if err := r.takeItem(ctx, item, a.Featured.ID, a.ID); err != nil {
			return err
		}
	}
	return f.db.InTx(ctx, func(tx *store.Tx) error {
		isOurs, err := tx.Advance(ctx, p, len(items))
		if err != nil || !isOurs {
			return err
		}
		notes, err := featurable(ctx, tx, a, items)
		if err != nil {
			return err
		}
		return tx.SetFeatured(ctx, a.Key, notes, job.Begun)
	})
}

// takeItem makes a note of a collection known, if that can be done.
func (r *Errand) takeItem(ctx context.Context, item activity.Ref, collection, owner activity.ID) error {
	if _, ok := embedded(item, collection, owner); !ok {
		return r.TryEnsure(ctx, item.ID)
	}
	err := r.gate.AllowAll(ctx, policy.Fetch, item.Raw)
	if err == nil {
		err = r.takeNote(ctx, item.Raw)
	}
	if err != nil && activity.KindOf(err).Permanent() {
		return nil
	}
	return err
}

// featurable are the notes among items that an actor may feature: its own, and
// those in it if it is a group. See also federation.Add.
func featurable(ctx context.Context, tx *store.Tx, a store.Actor, items activity.Refs) (keys []store.Key, err error) {
	for _, item := range items {
		n, ok, err := activity.Optional(tx.Note(ctx, item.ID))
		if err != nil {
			return nil, err
		}
		if ok && (n.AuthorKey == a.Key || n.GroupKey == a.Key) {
			keys = append(keys, n.Key)
		}
	}
	return keys, nil
}

// lookAgain fetches a group that none of ours is in. What it does not show us any more we know
// no more; one that cannot be had now stays as it is.
func (r *Errand) lookAgain(ctx context.Context, a store.Actor) error {
	if !a.IsGroup() {
		return nil
	}
	if is, err := r.db.HasMemberHere(ctx, a.Key); err != nil || is {
		return err
	}
	if err := r.Refresh(ctx, a.ID); err != nil {
		if activity.KindOf(err) == activity.Internal {
			return err
		}
		return nil
	}
	now, err := r.db.ActorByKey(ctx, a.Key)
	if err != nil || now.FetchedAt.After(a.FetchedAt) {
		return err
	}
	return r.db.InTx(ctx, func(tx *store.Tx) error { return tx.ForgetCompanies(ctx, a.Key) })
}
