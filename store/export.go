package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// What a company takes out of a group, some rows at a time: each of these gives those
// after a key, the oldest first, and none at the end.

// takenAtOnce is how many rows are read at once: a million posts take no more memory, also
// where each is as long as a post may be.
const takenAtOnce = 100

// Taken is a post with what is known of it besides its document.
type Taken struct {
	Note
	Thread activity.ID // the first post of its thread
	Pinned bool
	Locked bool
	Answer activity.ID // the post that is marked as the answer to it; "": none
}

// takenColumns are those of a note n with what is told of it.
const takenColumns = "SELECT " + noteColumns + `, coalesce((SELECT t.iri FROM notes AS t WHERE t.key = n.thread), '') AS thread_iri,
	EXISTS (SELECT FROM edges AS p WHERE p.kind = 'feature' AND p.actor = n.group_key AND p.object = n.key) AS pinned,
	EXISTS (SELECT FROM edges AS l WHERE l.kind = 'lock' AND l.object = n.key) AS locked,
	coalesce((SELECT b.iri FROM edges AS w JOIN notes AS b ON b.key = w.object WHERE w.kind = 'answer' AND w.actor = n.key LIMIT 1), '') AS answer_iri
	FROM notes AS n WHERE `

// TakePosts are posts of a group that some of our people may read.
func (q query) TakePosts(ctx context.Context, group, after Key) ([]Taken, error) {
	return q.taken(ctx, takenColumns+visibleToOurs+" AND n.key > ?1 ORDER BY n.key LIMIT ?2", group, after, takenAtOnce)
}

func (q query) taken(ctx context.Context, text string, args ...any) ([]Taken, error) {
	var rows []struct {
		noteRow
		ThreadIRI activity.ID `bun:"thread_iri"`
		Pinned    bool
		Locked    bool
		AnswerIRI activity.ID `bun:"answer_iri"`
	}
	err := q.db.NewRaw(text, args...).Scan(ctx, &rows)
	posts := make([]Taken, len(rows))
	for i, r := range rows {
		posts[i] = Taken{r.note(), r.ThreadIRI, r.Pinned, r.Locked, r.AnswerIRI}
	}
	return posts, err
}

// TakenReaction is what somebody thought of a post: a like, a boost, or (kind "reaction")
// an emoji.
type TakenReaction struct {
	Post   activity.ID
	Actor  activity.ID
	Handle string
	Host   string
	Kind   string
	Emoji  string
}

// TakeReactions calls read with those to these posts, of everybody who is not suspended;
// it must not ask the database.
func (q query) TakeReactions(ctx context.Context, notes []Key, read func(TakenReaction) error) error {
	if len(notes) == 0 {
		return nil
	}
	return q.bound().each(ctx, `SELECT n.iri, a.iri, a.username || '@' || a.host, a.host, r.kind, r.emoji FROM (
			SELECT key, object AS note, actor, kind, '' AS emoji FROM edges WHERE object = ANY ($1::bigint[]) AND kind IN ('like', 'boost') AND accepted
			UNION ALL SELECT min(key), note, actor, 'reaction', emoji FROM reactions WHERE note = ANY ($1::bigint[]) GROUP BY note, actor, emoji) AS r
		JOIN notes AS n ON n.key = r.note JOIN actors AS a ON a.key = r.actor AND a.suspended_at IS NULL ORDER BY r.note, r.key`,
		[]any{numbers(notes)}, func(scan func(...any) error) error {
			var r TakenReaction
			if err := scan(&r.Post, &r.Actor, &r.Handle, &r.Host, &r.Kind, &r.Emoji); err != nil {
				return err
			}
			return read(r)
		})
}

// TakenMember is somebody in a group.
type TakenMember struct {
	Key   Key // of the membership
	Actor Key
	Role  string // Owner, Moderator or Membership
	Since time.Time
}

// TakeMembers are members of a group, as far as we know them.
func (q query) TakeMembers(ctx context.Context, group, after Key) ([]TakenMember, error) {
	var ms []TakenMember
	err := q.db.NewRaw(`SELECT e.key, e.actor, e.created_at AS since, coalesce((SELECT r.kind FROM edges AS r WHERE r.kind IN ('moderator', 'owner')
			AND r.actor = e.actor AND r.object = e.object AND r.accepted ORDER BY r.kind DESC LIMIT 1), 'member') AS role
		FROM edges AS e WHERE e.kind = 'member' AND e.object = ? AND e.accepted AND e.key > ? ORDER BY e.key LIMIT ?`, group, after, takenAtOnce).Scan(ctx, &ms)
	return ms, err
}

// TakeRemovals are removals of posts from a group: all that its host has made, and of a
// group elsewhere those of our people's posts.
func (q query) TakeRemovals(ctx context.Context, group, after Key) ([]Removal, error) {
	var rs []Removal
	err := q.db.NewSelect().Model(&rs).Where("rm.group_key = ?0 AND rm.key > ?1", group, after).
		Where("EXISTS (SELECT FROM groups AS g WHERE g.actor = ?0) OR EXISTS (SELECT FROM members AS m WHERE m.actor = rm.author)", group).
		OrderExpr("rm.key").Limit(takenAtOnce).Scan(ctx)
	return rs, err
}

// MediaOfNotes are the pictures of these notes of ours.
func (q query) MediaOfNotes(ctx context.Context, notes []Key) (map[Key]Media, error) {
	var ms []Media
	if len(notes) > 0 {
		if err := q.db.NewSelect().Model(&ms).Where("m.note IN (?)", bun.List(notes)).Scan(ctx); err != nil {
			return nil, err
		}
	}
	return keyed(ms, func(m Media) Key { return m.Key }), nil
}

// TakeGroups are the groups that a company shares with another one: here with people of
// theirs in, there with people of ours in.
func (q query) TakeGroups(ctx context.Context, host string) ([]Actor, error) {
	return q.actors(ctx, "a.key", 0, `a.type = 'Group' AND a.deleted_at IS NULL AND (
		a.local AND EXISTS (SELECT FROM edges AS e JOIN actors AS h ON h.key = e.actor WHERE e.kind = 'member' AND e.object = a.key AND e.accepted AND h.origin = ? AND NOT h.local)
		OR NOT a.local AND a.origin = ? AND EXISTS (SELECT FROM edges AS e JOIN members AS m ON m.actor = e.actor WHERE e.kind = 'member' AND e.object = a.key AND e.accepted))`, host, host)
}

// TakeThreads are the threads outside of groups in which people of both have written for
// everybody.
func (q query) TakeThreads(ctx context.Context, host string) (threads []Key, err error) {
	err = q.db.NewRaw("SELECT DISTINCT n.thread FROM notes AS n WHERE n.author IN "+theirs+` AND n.group_key IS NULL AND n.visibility IN ('public', 'unlisted')
		AND EXISTS (SELECT FROM notes AS o WHERE o.thread = n.thread AND o.local AND o.group_key IS NULL AND o.visibility IN ('public', 'unlisted')) ORDER BY n.thread`, host).Scan(ctx, &threads)
	return threads, err
}

// TakeThread are posts of one, whoever has written them, that are for everybody.
func (q query) TakeThread(ctx context.Context, thread, after Key) ([]Taken, error) {
	return q.taken(ctx, takenColumns+"n.thread = ?0 AND n.key > ?1 AND n.group_key IS NULL AND n.visibility IN ('public', 'unlisted')"+unsuspended+" ORDER BY n.key LIMIT ?2", thread, after, takenAtOnce)
}

// TakeMessages are private messages between people of ours and of another company.
func (q query) TakeMessages(ctx context.Context, host string, after Key) ([]Taken, error) {
	return q.taken(ctx, takenColumns+`n.visibility = 'direct' AND n.group_key IS NULL AND n.key > ?1 AND (
		n.author IN `+theirs+` AND EXISTS (SELECT FROM members AS m WHERE m.actor = ANY (n.addressed))
		OR EXISTS (SELECT FROM members AS m WHERE m.actor = n.author) AND EXISTS (SELECT FROM actors AS h WHERE h.key = ANY (n.addressed) AND h.origin = ?0 AND NOT h.local))`+
		unsuspended+" ORDER BY n.key LIMIT ?2", host, after, takenAtOnce)
}
