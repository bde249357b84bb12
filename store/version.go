package store

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// EditNote replaces the document of a note and reports whether it did: one that is
// older than what is there changes nothing. Its addressing and place stay. What
// it said before is kept, if it says something else now.
func (tx *Tx) EditNote(ctx context.Context, n Note) (bool, error) {
	var was noteRow
	err := tx.db.NewSelect().Model(&was).Where("n.key = ?", n.Key).For("UPDATE").Scan(ctx)
	if _, err = one(was, err); err != nil {
		return false, err
	}
	before := was.note()
	if !n.Updated.IsZero() && n.Updated.Before(before.Updated.Time) {
		return false, nil
	}
	if !n.Says(before.Note) {
		if err := tx.keepVersion(ctx, n.Key, was.Doc); err != nil {
			return false, err
		}
	} else if n.Updated.IsZero() {
		n.Updated = before.Updated
	}
	row, err := newNoteRow(n)
	if err != nil {
		return false, err
	}
	if _, err = tx.db.NewUpdate().Model(&row).Column("doc", "updated_at", "url", "hashtags").WherePK().Exec(ctx); err != nil {
		return false, err
	}
	return true, tx.keepQuote(ctx, n)
}

func (tx *Tx) keepVersion(ctx context.Context, note Key, doc json.RawMessage) error {
	if _, err := tx.db.NewRaw("INSERT INTO note_versions (key, note, doc) VALUES (?, ?, ?)", NewKey(tx.Now), note, string(doc)).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.db.NewRaw(`DELETE FROM note_versions WHERE note = ?0 AND key IN (
		SELECT key FROM note_versions WHERE note = ?0 ORDER BY key DESC OFFSET ?1)
		AND key > (SELECT min(key) FROM note_versions WHERE note = ?0)`, note, limits.Versions-1).Exec(ctx)
	return err
}

// Versions are all that a note has said, oldest first, the present one last. Who
// may read the note may read them: ask VisibleNote first.
func (q query) Versions(ctx context.Context, n Note) ([]activity.Note, error) {
	var docs []json.RawMessage
	if err := q.db.NewRaw("SELECT doc FROM note_versions WHERE note = ? ORDER BY key", n.Key).Scan(ctx, &docs); err != nil {
		return nil, err
	}
	versions := make([]activity.Note, len(docs), len(docs)+1)
	for i, doc := range docs {
		_ = json.Unmarshal(doc, &versions[i]) // we wrote it ourselves
	}
	return append(versions, n.Note), nil
}
