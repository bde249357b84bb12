package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Notification tells one of our people that something concerns them. Kinds are
// those of the Mastodon API: mention, favourite, reblog, follow,
// follow_request, update, poll (which its author gets too).
type Notification struct {
	bun.BaseModel `bun:"table:notifications,alias:nt"`

	Key       Key `bun:",pk"`
	Member    Key
	Kind      string
	Actor     Key
	Note      Key `bun:",nullzero"`
	Report    Key `bun:",nullzero"` // of an admin.report
	Removal   Key `bun:",nullzero"` // of a moderation_warning
	CreatedAt time.Time
}

// Notify writes a notification if member is one of ours, is somebody else than
// actor, has not blocked actor, and has not left the shut group that the note is in; the same
// one is written once.
func (tx *Tx) Notify(ctx context.Context, member Key, kind string, actor, note Key) error {
	_, err := tx.NotifyNew(ctx, member, kind, actor, note)
	return err
}

// NotifyNew is Notify, and says whether it has written one.
func (tx *Tx) NotifyNew(ctx context.Context, member Key, kind string, actor, note Key) (isNew bool, err error) {
	return tx.notify(ctx, Notification{Member: member, Kind: kind, Actor: actor, Note: note})
}

func (tx *Tx) notify(ctx context.Context, n Notification) (isNew bool, err error) {
	on := tx.aside()
	if n.Note != 0 { // it may be one of those that are still to be written
		on = tx.bound()
	}
	written, err := count(on.exec(ctx, `INSERT INTO notifications (key, member, kind, actor, note, report, removal, created_at)
		SELECT $1, m.actor, $3, $4, nullif($5::bigint, 0), nullif($6::bigint, 0), nullif($7::bigint, 0), $8 FROM members AS m
		WHERE m.actor = $2 AND (m.actor <> $4 OR $3 = 'poll')
			AND NOT EXISTS (SELECT FROM edges AS b WHERE b.kind = 'block' AND b.actor = m.actor AND b.object = $4)
			AND ($6 <> 0 OR $7 <> 0 OR NOT EXISTS (SELECT FROM notes AS n WHERE n.key = $5 AND `+outsideIs+"m.actor"+outsideEnd+`))
		ON CONFLICT DO NOTHING`, int64(NewKey(tx.Now)), int64(n.Member), n.Kind, int64(n.Actor), int64(n.Note), int64(n.Report), int64(n.Removal), tx.Now))
	return written > 0, err
}

// Notifications are a member's, newest first.
func (q query) Notifications(ctx context.Context, member Key, p Page) ([]Notification, error) {
	var ns []Notification
	err := paged(q.db.NewSelect().Model(&ns).Where("nt.member = ?", member), "nt.key", p).Scan(ctx)
	return newestFirst(ns, p), err
}
