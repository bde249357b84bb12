package partnership

import (
	"context"
	"errors"
	"time"

	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// Tick does what the clock demands, for each agreement: what has reached its end ends,
// what is silent for too long is suspended, and each day the other side hears how things
// stand. Several processes may do it at once.
func (d *Desk) Tick(ctx context.Context) error {
	all, err := d.db.Partnerships(ctx, "")
	if err != nil {
		return err
	}
	var errs []error
	told := map[string]bool{}
	for _, p := range all {
		errs = append(errs, d.tick(ctx, p, told))
	}
	return errors.Join(errs...)
}

func (d *Desk) tick(ctx context.Context, p store.Partnership, told map[string]bool) error {
	if err := d.clearAll(ctx, p); err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *store.Tx) error {
		f, err := d.reopen(ctx, tx, p)
		if err != nil {
			return err
		}
		p, now := f.row, d.now()
		if err := d.settle(ctx, tx, f); err != nil {
			return err
		}
		if told[p.Host] || now.Sub(latest(p.ToldAt, p.MadeAt)) < limits.PartnerDigest || now.Sub(p.MadeAt) > 2*limits.AgreementTerm {
			return nil
		}
		told[p.Host] = true
		if err := tx.Told(ctx, p.Host, now); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.TellPartner{Host: p.Host, Verb: Update})
	})
}

// settle does what the clock demands of one agreement, and keeps what has changed.
func (d *Desk) settle(ctx context.Context, tx *store.Tx, f file) error {
	now, verb := d.now(), ""
	if f.Settle(now) {
		verb = Update
	}
	own, _ := f.Register(f.Me)
	if f.State(now) == agreement.StateActive && own.Mode == agreement.Live && now.Sub(latest(f.row.HeardAt, f.row.MadeAt)) > limits.PartnerSilence {
		if err := f.Suspend(agreement.Unheard, "", now); err != nil {
			return err
		}
		verb = Update
	}
	purged, err := d.purge(ctx, tx, f)
	if err != nil {
		return err
	}
	if purged {
		verb = Delete
	}
	isStale, err := d.isStale(ctx, f)
	if err == nil && (isStale || verb != "" || f.State(now) != agreement.State(f.row.State)) {
		err = d.keep(ctx, tx, f, verb)
	}
	return err
}

// SignAnew signs what this side has said of its agreements with the key that it has now, and
// tells all: who does not know that key suspends the agreement until admins have compared it.
func (d *Desk) SignAnew(ctx context.Context) error {
	all, err := d.db.Partnerships(ctx, "")
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range all {
		errs = append(errs, d.db.InTx(ctx, func(tx *store.Tx) error {
			f, err := d.reopen(ctx, tx, p)
			if err != nil {
				return err
			}
			isStale, err := d.isStale(ctx, f)
			if err == nil && isStale {
				err = d.keep(ctx, tx, f, "")
			}
			if err != nil {
				return err
			}
			return tx.Enqueue(ctx, store.TellPartner{Host: p.Host, Verb: Update})
		}))
	}
	return errors.Join(errs...)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
