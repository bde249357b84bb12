package partnership

import (
	"context"
	"strconv"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// clear deletes some of our copies of what the other side has shared, once that is due
// (product design 8.5), and says whether there are more. As long as the host is a partner for
// another reason its copies stay, and the receipt is owed: due is false.
func (d *Desk) clear(ctx context.Context, tx *store.Tx, f file) (due, left bool, err error) {
	if !f.OwesReceipt(f.Me, d.now()) {
		return false, false, nil
	}
	if _, isPartner, err := activity.Optional(tx.Partner(ctx, f.row.Host)); err != nil || isPartner {
		return false, false, err
	}
	left, err = tx.Purge(ctx, f.row.Host, d.forget)
	return true, left, err
}

// clearAll does so in as many transactions as it takes. Who is interrupted goes on with the
// next tick.
func (d *Desk) clearAll(ctx context.Context, p store.Partnership) error {
	f, err := d.open(p)
	for left := err == nil && f.OwesReceipt(f.Me, d.now()); left; {
		err := d.db.InTx(ctx, func(tx *store.Tx) error {
			f, err := d.reopen(ctx, tx, p)
			if err == nil {
				_, left, err = d.clear(ctx, tx, f)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return err
}

// purge says in a receipt that all copies are deleted, when they are; the message that carries
// it asks for theirs. It says whether there is something to tell.
func (d *Desk) purge(ctx context.Context, tx *store.Tx, f file) (bool, error) {
	due, left, err := d.clear(ctx, tx, f)
	if err != nil || !due || left {
		return false, err
	}
	p, err := tx.Bid(ctx, f.row.Host)
	if err != nil {
		return false, err
	}
	f.Deleted(agreement.Receipt{Posts: p.Posts, Files: p.Files, Profiles: p.Profiles, Kept: p.Kept}, d.now())
	r, _ := f.Receipt(f.Me)
	tx.Audit(ctx, store.Decision{What: "partnership.purged", About: f.row.Host, Details: deleted(f.row.ID, r)})
	return true, nil
}

// deleted is a receipt for the audit log.
func deleted(id activity.ID, r agreement.Receipt) map[string]string {
	return map[string]string{"agreement": string(id), "posts": strconv.Itoa(r.Posts), "files": strconv.Itoa(r.Files),
		"profiles": strconv.Itoa(r.Profiles), "kept": strconv.Itoa(r.Kept)}
}

// noteReceipt writes it to the audit log that the other side has given another receipt
// than the one from before.
func (f file) noteReceipt(ctx context.Context, tx *store.Tx, before agreement.Receipt) {
	if r, has := f.Receipt(f.Other); has && !r.Is(before) {
		tx.Audit(ctx, store.Decision{What: "partnership.receipt", About: f.row.Host, Details: deleted(f.row.ID, r)})
	}
}
