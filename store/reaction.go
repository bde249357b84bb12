package store

import (
	"context"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Reaction is one emoji that somebody has put beside a note.
type Reaction struct {
	bun.BaseModel `bun:"table:reactions,alias:r"`

	Key    Key
	Note   Key         `bun:",pk"`
	Actor  Key         `bun:",pk"`
	Emoji  string      `bun:",pk"` // a character, or :shortcode:
	URL    activity.ID `bun:"url"` // of the picture of a shortcode
	IRI    activity.ID `bun:"iri"` // the activity that made it
	ByLike bool        // a favourite as well
}

// PutReaction writes a reaction: each emoji once, as the latest activity has made it,
// at most limits.Reactions of one person for one note.
func (tx *Tx) PutReaction(ctx context.Context, r Reaction) error {
	_, err := tx.db.NewRaw(`INSERT INTO reactions AS old (key, note, actor, emoji, url, iri, by_like)
		SELECT ?0, ?1, ?2, ?3, ?4, ?5, ?6 WHERE (SELECT count(*) FROM reactions WHERE note = ?1 AND actor = ?2 AND emoji <> ?3) < ?7
		ON CONFLICT (note, actor, emoji) DO UPDATE SET iri = EXCLUDED.iri, by_like = old.by_like OR EXCLUDED.by_like`,
		NewKey(tx.Now), r.Note, r.Actor, r.Emoji, r.URL, r.IRI, r.ByLike, limits.Reactions).Exec(ctx)
	return err
}

// CutReaction removes a reaction and reports whether it was there.
func (tx *Tx) CutReaction(ctx context.Context, r Reaction) (bool, error) {
	return changed(tx.db.NewRaw("DELETE FROM reactions WHERE note = ? AND actor = ? AND emoji = ?", r.Note, r.Actor, r.Emoji).Exec(ctx))
}

// CutReactionsByLike removes all of somebody's that came by a Like of a note.
func (tx *Tx) CutReactionsByLike(ctx context.Context, note, actor Key) error {
	_, err := tx.db.NewRaw("DELETE FROM reactions WHERE note = ? AND actor = ? AND by_like", note, actor).Exec(ctx)
	return err
}

// ReactionByIRI is the one that this activity made, or NotFound.
func (q query) ReactionByIRI(ctx context.Context, iri activity.ID) (Reaction, error) {
	var r Reaction
	err := q.db.NewSelect().Model(&r).Where("r.iri = ? AND r.iri <> ''", iri).Limit(1).Scan(ctx)
	return one(r, err)
}

// Reaction is somebody's of one emoji, or NotFound.
func (q query) Reaction(ctx context.Context, note, actor Key, emoji string) (Reaction, error) {
	var r Reaction
	err := q.db.NewSelect().Model(&r).Where("r.note = ? AND r.actor = ? AND r.emoji = ?", note, actor, emoji).Scan(ctx)
	return one(r, err)
}

// LikesByReaction says whether somebody still reacts to a note by a Like.
func (q query) LikesByReaction(ctx context.Context, note, actor Key) (bool, error) {
	var is bool
	err := q.db.NewRaw("SELECT EXISTS (SELECT FROM reactions WHERE note = ? AND actor = ? AND by_like)", note, actor).Scan(ctx, &is)
	return is, err
}

// Reacted is one emoji beside a note: by how many, and whether the reader is one.
type Reacted struct {
	Note  Key
	Emoji string
	URL   activity.ID
	Count int
	Mine  bool
}

// Reactions are those beside these notes, by note, the most used first.
func (q query) Reactions(ctx context.Context, me Key, notes ...Key) (map[Key][]Reacted, error) {
	found := map[Key][]Reacted{}
	if len(notes) == 0 {
		return found, nil
	}
	var rows []Reacted
	err := q.db.NewRaw(`SELECT r.note, r.emoji, min(r.url) AS url, count(*) AS count, bool_or(r.actor = ?0) AS mine
		FROM reactions AS r WHERE r.note IN (?1) GROUP BY r.note, r.emoji ORDER BY r.note, count DESC, min(r.key)`, me, bun.List(notes)).Scan(ctx, &rows)
	for _, r := range rows {
		if len(found[r.Note]) < limits.ReactionsShown {
			found[r.Note] = append(found[r.Note], r)
		}
	}
	return found, err
}
