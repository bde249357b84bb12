package store

import "context"

// Where answers from outside of a group are in its threads.

// Around is the group in whose thread a note is, whether it is itself in that group or
// answers what is, however far up; 0 for none.
func (q query) Around(ctx context.Context, n Note) (group Key, err error) {
	if n.GroupKey != 0 || n.ReplyTo == 0 {
		return n.GroupKey, nil
	}
	err = q.bound().row(ctx, `WITH RECURSIVE up AS (SELECT key, reply_to, group_key FROM notes WHERE key = $1
			UNION SELECT n.key, n.reply_to, n.group_key FROM notes AS n JOIN up ON n.key = up.reply_to WHERE up.group_key IS NULL)
		SELECT coalesce(max(group_key), 0) FROM up`, []any{int64(n.ReplyTo)}, &group)
	return group, err
}

// hears is the condition that a group lets who is not in it answer (h.around, h.who): they
// are not banned, and no moderator reads first what is said.
const hears = `NOT EXISTS (SELECT FROM edges WHERE kind = 'ban' AND actor = h.who AND object = h.around)
	AND NOT EXISTS (SELECT FROM groups WHERE actor = h.around AND reviewed)`

// Hears says whether a group lets somebody answer who is not in it.
func (q query) Hears(ctx context.Context, group, who Key) (does bool, err error) {
	err = q.bound().row(ctx, "SELECT "+hears+" FROM (SELECT $1::bigint AS around, $2::bigint AS who) AS h", []any{int64(group), int64(who)}, &does)
	return does, err
}

// Untie takes a note, with what answers it, out of the thread that it is in.
func (tx *Tx) Untie(ctx context.Context, note Key) error {
	tx.forget()
	_, err := tx.db.NewRaw(`WITH RECURSIVE down AS (SELECT key FROM notes WHERE key = ?0
			UNION SELECT n.key FROM notes AS n JOIN down ON n.reply_to = down.key)
		UPDATE notes AS n SET thread = ?0, reply_to = CASE WHEN n.key = ?0 THEN NULL ELSE n.reply_to END FROM down WHERE n.key = down.key`, note).Exec(ctx)
	return err
}
