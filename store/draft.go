package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Draft is a post that waits for its time. Nobody but its owner knows of it: it is
// neither a note nor an activity.
type Draft struct {
	bun.BaseModel `bun:"table:drafts,alias:d"`

	Key       Key             `bun:",pk"`
	Owner     Key             // a member
	Draft     json.RawMessage `bun:"type:jsonb"`
	Media     []Key           `bun:",array"`
	DueAt     time.Time
	CreatedAt time.Time
}

// MaxDrafts is how many posts of one member may wait, as in Mastodon.
const MaxDrafts = 300

// PutDraft keeps a draft, and parks the job that publishes it until then.
func (tx *Tx) PutDraft(ctx context.Context, d Draft) error {
	var waiting int
	if err := tx.db.NewRaw("SELECT count(*) FROM drafts WHERE owner = ?", d.Owner).Scan(ctx, &waiting); err != nil {
		return err
	}
	if waiting >= MaxDrafts {
		return activity.Refuse(activity.Invalid, "many_drafts", "%d posts wait already; delete one first", waiting)
	}
	if d.Media == nil {
		d.Media = []Key{}
	}
	d.CreatedAt = tx.Now
	if _, err := tx.db.NewInsert().Model(&d).Exec(ctx); err != nil {
		return err
	}
	return tx.ParkDraft(ctx, d)
}

// ParkDraft lets the job of a draft wait until the draft is due. Twice moves it.
func (tx *Tx) ParkDraft(ctx context.Context, d Draft) error {
	job := Publish{d.Key}
	payload, err := json.Marshal(job)
	if err != nil {
		return err
	}
	return tx.Park(ctx, Parked{Job: job.id(), Kind: job.Kind(), Payload: string(payload), DueAt: d.DueAt, Reason: "not_due"})
}

// MoveDraft gives a draft of the owner's another time; else NotFound.
func (tx *Tx) MoveDraft(ctx context.Context, owner, key Key, due time.Time) error {
	ok, err := changed(tx.db.NewRaw("UPDATE drafts SET due_at = ? WHERE key = ? AND owner = ?", due, key, owner).Exec(ctx))
	if err == nil && !ok {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return err
	}
	return tx.ParkDraft(ctx, Draft{Key: key, DueAt: due})
}

// DropDraft forgets a draft of the owner's; else NotFound. A job for it that is on its
// way finds nothing to do.
func (tx *Tx) DropDraft(ctx context.Context, owner, key Key) error {
	ok, err := changed(tx.db.NewRaw("DELETE FROM drafts WHERE key = ? AND owner = ?", key, owner).Exec(ctx))
	if err == nil && !ok {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return err
	}
	_, err = tx.db.NewRaw("DELETE FROM parked WHERE job = ?", Publish{key}.id()).Exec(ctx)
	return err
}

// TakeDraft removes a draft that is due, for the one transaction that publishes it. It
// says whether it was there: whoever comes second waits for the first, and finds none.
func (tx *Tx) TakeDraft(ctx context.Context, key Key) (bool, error) {
	return changed(tx.db.NewRaw("DELETE FROM drafts WHERE key = ? AND due_at <= ?", key, tx.Now).Exec(ctx))
}

// DraftByKey is the one with this key, whoever's it is, or NotFound: for the job.
func (q query) DraftByKey(ctx context.Context, key Key) (Draft, error) {
	var d Draft
	err := q.db.NewSelect().Model(&d).Where("d.key = ?", key).Scan(ctx)
	return one(d, err)
}

// DraftOf is one of the owner's own, else NotFound.
func (q query) DraftOf(ctx context.Context, owner, key Key) (Draft, error) {
	d, err := q.DraftByKey(ctx, key)
	if err == nil && d.Owner != owner {
		return Draft{}, activity.ErrNotFound()
	}
	return d, err
}

// DraftsOf are those of an owner, newest first.
func (q query) DraftsOf(ctx context.Context, owner Key, p Page) ([]Draft, error) {
	var ds []Draft
	err := paged(q.db.NewSelect().Model(&ds).Where("d.owner = ?", owner), "d.key", p).Scan(ctx)
	return newestFirst(ds, p), err
}
