package store

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Member is one of our people: an actor that can sign in.
type Member struct {
	bun.BaseModel `bun:"table:members,alias:m"`

	Actor     Key `bun:",pk"`
	Email     string
	Password  string // argon2id in PHC form; "" until one is set
	Admin     bool
	Locale    string
	LockedAt  bun.NullTime
	BarredAt  bun.NullTime `bun:",scanonly"` // suspended or deleted, as an actor
	CreatedAt time.Time
}

// Locked says that the member may not sign in or act.
func (m Member) Locked() bool { return !m.LockedAt.IsZero() || !m.BarredAt.IsZero() }

// PutMember adds a member; an e-mail address that is taken is a Conflict.
func (tx *Tx) PutMember(ctx context.Context, m Member) error {
	m.CreatedAt = tx.Now
	ok, err := changed(tx.db.NewInsert().Model(&m).On("CONFLICT DO NOTHING").Exec(ctx))
	if err == nil && !ok {
		err = activity.Refuse(activity.Conflict, "email_taken", "there is a member with this e-mail address already")
	}
	return err
}

func (q query) member(ctx context.Context, where string, args ...any) (Member, error) {
	var m Member
	err := q.db.NewSelect().Model(&m).ColumnExpr("m.*").
		ColumnExpr("(SELECT coalesce(a.suspended_at, a.deleted_at) FROM actors AS a WHERE a.key = m.actor) AS barred_at").Where(where, args...).Scan(ctx)
	return one(m, err)
}

// Member is the one behind an actor, or NotFound.
func (q query) Member(ctx context.Context, actor Key) (Member, error) {
	return q.member(ctx, "m.actor = ?", actor)
}

// MemberByEmail is the one with this address, or NotFound.
func (q query) MemberByEmail(ctx context.Context, email string) (Member, error) {
	return q.member(ctx, "lower(m.email) = ?", strings.ToLower(strings.TrimSpace(email)))
}

// Members are all of them, the oldest first.
func (q query) Members(ctx context.Context) ([]Member, error) {
	var ms []Member
	err := q.db.NewSelect().Model(&ms).Order("actor").Scan(ctx)
	return ms, err
}

// SetPassword writes the argon2id hash of a new password.
func (tx *Tx) SetPassword(ctx context.Context, actor Key, hash string) error {
	_, err := tx.db.NewRaw("UPDATE members SET password = ? WHERE actor = ?", hash, actor).Exec(ctx)
	return err
}

// SetLocale keeps the language that a member reads in.
func (tx *Tx) SetLocale(ctx context.Context, actor Key, locale string) error {
	_, err := tx.db.NewRaw("UPDATE members SET locale = ? WHERE actor = ?", locale, actor).Exec(ctx)
	return err
}

// Lock keeps a member out at once: sessions and tokens end. Unlock lets in again.
func (tx *Tx) Lock(ctx context.Context, actor Key) error {
	return tx.lock(ctx, Depart{Actor: actor})
}

// LockForGood is Lock, after which the member is deleted with all that they have written.
func (tx *Tx) LockForGood(ctx context.Context, actor Key) error {
	return tx.lock(ctx, Depart{Actor: actor, Erased: true})
}

func (tx *Tx) lock(ctx context.Context, then Depart) error {
	for _, q := range []string{
		"UPDATE members SET locked_at = coalesce(locked_at, now()) WHERE actor = ?",
		"DELETE FROM sessions WHERE member = ?",
		"DELETE FROM codes WHERE member = ?",
		"DELETE FROM tokens WHERE member = ?",
	} {
		if _, err := tx.db.NewRaw(q, then.Actor).Exec(ctx); err != nil {
			return err
		}
	}
	return tx.Enqueue(ctx, then)
}

// EraseMember removes what is known of one of ours who is deleted: how they signed in, and
// what their profile said. The name stays taken, and the keys stay for what is still to
// be sent.
func (tx *Tx) EraseMember(ctx context.Context, actor Key) error {
	for _, q := range []string{
		"DELETE FROM members WHERE actor = ?",
		"UPDATE actors SET doc = doc - '{name,summary,icon,image,attachment,tag,alsoKnownAs}'::text[] WHERE key = ? AND local",
	} {
		if _, err := tx.db.NewRaw(q, actor).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Unlock lets a member in again; new sessions and tokens are needed.
func (tx *Tx) Unlock(ctx context.Context, actor Key) error {
	_, err := tx.db.NewRaw("UPDATE members SET locked_at = NULL WHERE actor = ?", actor).Exec(ctx)
	return err
}
