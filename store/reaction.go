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
	Emoji  string      `bun:",pk"`    // a character, or :shortcode:
	URL    activity.ID `bun:"url"`    // of the picture of a shortcode
	IRI    activity.ID `bun:"iri,pk"` // the activity that made it: others may have made it too
	ByLike bool        // a favourite as well
}

// PutReaction writes a reaction: one for each activity that has made it, as the latest
// limits.Repeats have, and at most limits.Reactions emoji of one person for one note.
func (tx *Tx) PutReaction(ctx context.Context, r Reaction) error {
	_, err := tx.db.NewRaw(`INSERT INTO reactions (key, note, actor, emoji, url, iri, by_like)
		SELECT ?0, ?1, ?2, ?3, ?4, ?5, ?6 WHERE (SELECT count(DISTINCT emoji) FROM reactions WHERE note = ?1 AND actor = ?2 AND emoji <> ?3) < ?7
		ON CONFLICT DO NOTHING`,
		NewKey(tx.Now), r.Note, r.Actor, r.Emoji, r.URL, r.IRI, r.ByLike, limits.Reactions).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.db.NewRaw(`DELETE FROM reactions WHERE note = ?0 AND actor = ?1 AND emoji = ?2 AND key NOT IN (
		SELECT key FROM reactions WHERE note = ?0 AND actor = ?1 AND emoji = ?2 ORDER BY key DESC LIMIT ?3)`, r.Note, r.Actor, r.Emoji, limits.Repeats+1).Exec(ctx)
	return err
}

// CutReaction removes a reaction, or, unless it is only one of many, all with its emoji
// of the same person, and gives those that are gone.
func (tx *Tx) CutReaction(ctx context.Context, r Reaction, onlyOne bool) ([]Reaction, error) {
	var cut []Reaction
	err := tx.db.NewRaw("DELETE FROM reactions WHERE note = ?0 AND actor = ?1 AND emoji = ?2 AND (iri = ?3 OR NOT ?4) RETURNING *",
		r.Note, r.Actor, r.Emoji, r.IRI, onlyOne).Scan(ctx, &cut)
	return cut, err
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

// Reaction is somebody's latest of one emoji, or NotFound.
func (q query) Reaction(ctx context.Context, note, actor Key, emoji string) (Reaction, error) {
	var r Reaction
	err := q.db.NewSelect().Model(&r).Where("r.note = ? AND r.actor = ? AND r.emoji = ?", note, actor, emoji).OrderExpr("r.key DESC").Limit(1).Scan(ctx)
	return one(r, err)
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
	err := q.list(ctx, &rows, `SELECT r.note, r.emoji, min(r.url) AS url, count(DISTINCT r.actor) AS count, bool_or(r.actor = $1) AS mine
		FROM reactions AS r WHERE r.note = ANY ($2::bigint[]) GROUP BY r.note, r.emoji ORDER BY r.note, count DESC, min(r.key)`, int64(me), numbers(notes))
	for _, r := range rows {
		if len(found[r.Note]) < limits.ReactionsShown {
			found[r.Note] = append(found[r.Note], r)
		}
	}
	return found, err
}
