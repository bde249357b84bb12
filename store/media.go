package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Media is a picture that one of our people has sent, for a post of theirs.
type Media struct {
	bun.BaseModel `bun:"table:media,alias:m"`

	Key         Key `bun:",pk"`
	Owner       Key
	Note        Key    `bun:",nullzero"` // 0: attached to nothing yet
	Hash        string // of its file
	Type        string // media type
	Size        int64  // bytes
	Width       int
	Height      int
	Blurhash    string
	Description string
	FocusX      float64 `bun:"focus_x"`
	FocusY      float64 `bun:"focus_y"`
	CreatedAt   time.Time
	LooseAt     bun.NullTime // since when it is attached to nothing
}

// MaxMedia is how many pictures a post has: Mastodon shows no more.
const MaxMedia = 4

// MediaLife is how long a picture is kept that is attached to nothing.
const MediaLife = 24 * time.Hour

// maxLoose is how many pictures of one member may wait to be attached: more is a
// program gone wrong, or a free store of files.
const maxLoose = 100

// PutMedia adds a picture that its owner may attach for MediaLife.
func (tx *Tx) PutMedia(ctx context.Context, m Media) error {
	var loose int
	if err := tx.db.NewRaw("SELECT count(*) FROM media WHERE owner = ? AND note IS NULL", m.Owner).Scan(ctx, &loose); err != nil {
		return err
	}
	if loose >= maxLoose {
		return activity.Refuse(activity.TooMany, "many_pictures", "%d pictures wait already to be posted; post some, or come back tomorrow", loose)
	}
	m.CreatedAt, m.LooseAt = tx.Now, bun.NullTime{Time: tx.Now}
	_, err := tx.db.NewInsert().Model(&m).Exec(ctx)
	return err
}

// MediaOf is a picture of an owner's own, whatever it is attached to, or NotFound.
func (q query) MediaOf(ctx context.Context, owner, key Key) (Media, error) {
	var m Media
	err := q.db.NewSelect().Model(&m).Where("m.key = ? AND m.owner = ?", key, owner).Scan(ctx)
	return one(m, err)
}

// LargestFile is how many bytes the largest has of those that are attached to a note, and
// of these others; 0: there is none.
func (q query) LargestFile(ctx context.Context, note Key, others ...Key) (size int64, err error) {
	err = q.bound().row(ctx, "SELECT coalesce(max(size), 0) FROM media WHERE note = $1 OR key = ANY ($2::bigint[])", []any{int64(note), numbers(others)}, &size)
	return size, err
}

// VisibleMedia is a picture that the reader may see: in a note that they may read, or
// their own; else NotFound.
func (q query) VisibleMedia(ctx context.Context, key Key, r Reader) (Media, error) {
	var m Media
	// EXISTS asks about the one note; IN beside an OR would read all that are visible.
	seen := visible(q.db.NewSelect().Model((*noteRow)(nil)).Column("n.key").Where("n.key = m.note"), r, nil)
	err := q.db.NewSelect().Model(&m).Where("m.key = ?", key).
		Where("(EXISTS (?) OR ? <> 0 AND m.owner = ?)", seen, r.Actor, r.Actor).Scan(ctx)
	return one(m, err)
}

// DescribeMedia changes the words to a picture of the owner's that is not attached yet;
// else NotFound.
func (tx *Tx) DescribeMedia(ctx context.Context, m Media) error {
	ok, err := changed(tx.db.NewRaw("UPDATE media SET description = ?, focus_x = ?, focus_y = ? WHERE key = ? AND owner = ? AND note IS NULL",
		m.Description, m.FocusX, m.FocusY, m.Key, m.Owner).Exec(ctx))
	if err == nil && !ok {
		err = activity.ErrNotFound()
	}
	return err
}

// Attach makes these the pictures of a note, and no others. Each must be its author's
// and attached to nothing else, or it is refused (Invalid).
func (tx *Tx) Attach(ctx context.Context, note, owner Key, keys []Key) error {
	if len(keys) == 0 {
		_, err := tx.bound().exec(ctx, "UPDATE media SET note = NULL, loose_at = $2 WHERE note = $1", int64(note), tx.Now)
		return err
	}
	if err := tx.loosen(ctx, "note = ? AND key NOT IN (?)", note, bun.List(keys)); err != nil {
		return err
	}
	r, err := tx.db.NewRaw("UPDATE media SET note = ?0, loose_at = NULL WHERE key IN (?2) AND owner = ?1 AND (note IS NULL OR note = ?0)",
		note, owner, bun.List(keys)).Exec(ctx)
	n, err := count(r, err)
	if err == nil && n != len(keys) {
		err = activity.Refuse(activity.Invalid, "no_such_media", "one of these pictures is in another post, or was sent too long ago; send it again")
	}
	return err
}

// loosen takes pictures out of their note.
func (tx *Tx) loosen(ctx context.Context, where string, args ...any) error {
	_, err := tx.db.NewUpdate().Model((*Media)(nil)).Set("note = NULL").Set("loose_at = ?", tx.Now).Where(where, args...).Exec(ctx)
	return err
}

// ForgetLooseMedia removes what was attached to nothing since before that time, drafts
// included.
func (tx *Tx) ForgetLooseMedia(ctx context.Context, before time.Time) error {
	_, err := tx.db.NewRaw(`DELETE FROM media AS m WHERE m.note IS NULL AND (m.loose_at IS NULL OR m.loose_at < ?)
		AND NOT EXISTS (SELECT FROM drafts AS d WHERE d.media @> ARRAY[m.key])`, before).Exec(ctx)
	return err
}

// UnusedHashes are those that no picture has.
func (q query) UnusedHashes(ctx context.Context, hashes []string) ([]string, error) {
	var unused []string
	err := q.db.NewRaw("SELECT h FROM unnest(ARRAY[?]::text[]) AS h WHERE NOT EXISTS (SELECT FROM media WHERE hash = h)", bun.List(hashes)).Scan(ctx, &unused)
	return unused, err
}

// MediaSecret is what addresses of pictures are signed with.
func (q query) MediaSecret(ctx context.Context) (string, error) {
	var secret string
	err := q.db.NewRaw("SELECT secret FROM media_secret").Scan(ctx, &secret)
	return secret, err
}
