package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// File moves a note to a topic of its group, out of all where topic is zero. It was said at
// a time by which a later word is not undone; zero: it is not the last word, see
// federation.filing.
func (tx *Tx) File(ctx context.Context, note Key, topic activity.Topic, at time.Time) error {
	var doc sql.NullString
	if topic.ID != "" {
		raw, err := json.Marshal(topic)
		if err != nil {
			return err
		}
		doc = sql.NullString{String: string(raw), Valid: true}
	}
	tx.forget()
	_, err := tx.bound().exec(ctx, `UPDATE notes SET doc = CASE WHEN $2::jsonb IS NULL THEN doc - 'target' ELSE jsonb_set(doc, '{target}', $2) END, filed_at = coalesce($3, filed_at)
		WHERE key = $1 AND ($3::timestamptz IS NULL OR filed_at IS NULL OR filed_at <= $3)`,
		int64(note), doc, sql.NullTime{Time: at, Valid: !at.IsZero()})
	return err
}

// TopicWall is what was posted in one topic of a group.
func (s *Store) TopicWall(ctx context.Context, group Key, topic activity.ID, r Reader, p Page) ([]Entry, error) {
	b := &binder{}
	return s.entries(ctx, visible(pagedAs(s.inTopic(group, topic, b).ColumnExpr(unboosted), "n.key", p, b), r, b), b, p)
}

// CountTopic counts it.
func (q query) CountTopic(ctx context.Context, group Key, topic activity.ID, r Reader) (int, error) {
	b := &binder{}
	return q.countNotes(ctx, visible(q.inTopic(group, topic, b), r, b), b)
}

func (q query) inTopic(group Key, topic activity.ID, b *binder) *bun.SelectQuery {
	return q.db.NewSelect().TableExpr("notes AS n").Where("n.group_key = ? AND n.admitted AND n.topic = ? AND n.topic <> '' AND n.reply_to IS NULL", b.bind(int64(group)), b.bind(string(topic)))
}
