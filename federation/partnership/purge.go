package partnership

import (
	"context"
	"strconv"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// purge deletes our copies of what the other side has shared, once that is due (product
// design 8.5), and says so in a receipt; the message that carries it asks for theirs. As
// long as the host is a partner for another reason its copies stay, and the receipt is
// owed. It says whether there is something to tell.
func (d *Desk) purge(ctx context.Context, tx *store.Tx, f file) (bool, error) {
	if !f.OwesReceipt(f.Me, d.now()) {
		return false, nil
	}
	if _, isPartner, err := activity.Optional(tx.Partner(ctx, f.row.Host)); err != nil || isPartner {
		return false, err
	}
	addresses, err := tx.SharedFiles(ctx, f.row.Host)
	if err != nil {
		return false, err
	}
	files, err := d.forget(addresses) // before the receipt: what is cached can be had again
	if err != nil {
		return false, err
	}
	p, err := tx.Purge(ctx, f.row.Host)
	if err != nil {
		return false, err
	}
	f.Deleted(agreement.Receipt{Posts: p.Posts, Files: files, Profiles: p.Profiles, Kept: p.Kept}, d.now())
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
