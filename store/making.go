package store

import (
	"context"
	"time"

	"entente.example/entente/activity"
)

// remembered is how long the word of a making stands for what it has made.
const remembered = time.Hour

// Once keeps, in the transaction that makes a note or a draft of member's, the word
// under which that is made once. Whoever comes second waits for the first, and is
// refused (Conflict): see Made. Words that nobody remembers any more are forgotten.
func (tx *Tx) Once(ctx context.Context, member Key, word string, makes Key) error {
	before := tx.Now.Add(-remembered)
	_, err := tx.db.NewRaw(`DELETE FROM makings WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM makings WHERE at < ? AND (member, once) <> (?, ?) ORDER BY at LIMIT 100 FOR UPDATE SKIP LOCKED))`, before, member, word).Exec(ctx)
	if err != nil {
		return err
	}
	isNew, err := changed(tx.db.NewRaw(`INSERT INTO makings AS m (member, once, made, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (member, once) DO UPDATE SET made = EXCLUDED.made, at = EXCLUDED.at WHERE m.at < ?`,
		member, word, makes, tx.Now, before).Exec(ctx))
	if err == nil && !isNew {
		err = activity.Refuse(activity.Conflict, "made_before", "this was made before")
	}
	return err
}

// Made is what was made under a word, NotFound when nothing was within the last hour.
func (q query) Made(ctx context.Context, member Key, word string) (Key, error) {
	var made Key
	err := q.db.NewRaw("SELECT made FROM makings WHERE member = ? AND once = ? AND at >= ?", member, word, time.Now().Add(-remembered)).Scan(ctx, &made)
	return one(made, err)
}
