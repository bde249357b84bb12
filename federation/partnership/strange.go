package partnership

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// strange suspends what we have with a host whose instance signs with a key that
// nobody has announced: only people can tell whether it is still the same. Somebody
// else's proof changes nothing, and makes us look there once in a while at most.
func (d *Desk) strange(ctx context.Context, id activity.ID, body json.RawMessage, why error) error {
	if err := d.shows(ctx, id, body, why); err != nil {
		return err
	}
	if err := d.stop(ctx, id.Host()); err != nil {
		return err
	}
	return keyChanged()
}

func keyChanged() error {
	return activity.Refuse(activity.Unauthenticated, "key_changed", "this instance signs with a key that was not announced: an admin must compare the words of 'entente partner verify'")
}

// isCompared refuses (Unauthenticated, "key_changed") what an instance says, by whichever key,
// from when it has shown a new one until somebody has compared that: who has stolen the old
// one could still end or revoke what it has agreed.
func (d *Desk) isCompared(ctx context.Context, host string) error {
	all, err := d.db.Partnerships(ctx, host)
	for _, p := range all {
		f, err := d.open(p)
		if err != nil {
			return err
		}
		if own, _ := f.Register(f.Me); !p.IsOver && own.Mode == agreement.Suspended && own.Why == agreement.KeyChange {
			return keyChanged()
		}
	}
	return err
}

// recognise stops what we have with a host whose instance shows none of the keys that we
// know of it, whoever made us look: who answers in its name need not say a word to us.
func (d *Desk) recognise(ctx context.Context, o other) error {
	_, known, err := d.known(ctx, o.ID.Host())
	if err != nil || slices.ContainsFunc(known, func(key string) bool { return slices.Contains(o.keys, key) }) {
		return err
	}
	return d.stop(ctx, o.ID.Host())
}

// stop suspends the agreement with a host until somebody has compared its new key.
func (d *Desk) stop(ctx context.Context, host string) error {
	err := d.db.InTx(ctx, func(tx *store.Tx) error {
		if err := turns(ctx, tx, host); err != nil {
			return err
		}
		f, err := d.current(ctx, tx, host)
		if err != nil {
			return err
		}
		if own, _ := f.Register(f.Me); own.Why == agreement.KeyChange || f.Suspend(agreement.KeyChange, "", d.now()) != nil {
			return nil
		}
		f.row.ConfirmedAt = time.Time{}
		tx.Audit(ctx, store.Decision{What: "partnership.key_changed", About: host})
		return d.keep(ctx, tx, f, Update)
	})
	if activity.KindOf(err) == activity.NotFound {
		return nil
	}
	return err
}
