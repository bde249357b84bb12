package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// SignOn is a sign-in at a provider of OpenID Connect that is under way.
type SignOn struct {
	bun.BaseModel `bun:"table:sign_ons,alias:so"`

	State     []byte `bun:",pk"` // hashed
	Browser   []byte // hash of the cookie of who began it
	Nonce     string
	Verifier  string // PKCE (RFC 7636)
	Target    string // where to go afterwards
	ExpiresAt time.Time
}

// PutSignOn keeps one. Those that nobody finished are swept out with it.
func (tx *Tx) PutSignOn(ctx context.Context, s SignOn) error {
	if _, err := tx.db.NewRaw("DELETE FROM sign_ons WHERE expires_at < ?", tx.Now).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.db.NewInsert().Model(&s).Exec(ctx)
	return err
}

// TakeSignOn gives one to the browser that began it, once: everybody else, and
// whoever comes again or too late, gets NotFound.
func (tx *Tx) TakeSignOn(ctx context.Context, state, cookie string) (SignOn, error) {
	var s SignOn
	err := tx.db.NewRaw("DELETE FROM sign_ons WHERE state = ? AND browser = ? AND expires_at > ? RETURNING *", Hash(state), Hash(cookie), tx.Now).Scan(ctx, &s)
	return one(s, err)
}

// Link binds an identity to one of our people; one that is bound to somebody else
// is a Conflict.
func (tx *Tx) Link(ctx context.Context, issuer, subject string, member Key) error {
	ok, err := changed(tx.db.NewRaw(`INSERT INTO identities (issuer, subject, member, linked_at) VALUES (?0, ?1, ?2, ?3)
		ON CONFLICT (issuer, subject) DO UPDATE SET linked_at = EXCLUDED.linked_at WHERE identities.member = ?2`, issuer, subject, member, tx.Now).Exec(ctx))
	if err == nil && !ok {
		err = activity.Refuse(activity.Conflict, "identity_taken", "this identity belongs to somebody else here")
	}
	return err
}

// Unlink takes an identity away from one of our people, with every session that
// it may have opened.
func (tx *Tx) Unlink(ctx context.Context, issuer, subject string, member Key) error {
	ok, err := changed(tx.db.NewRaw("DELETE FROM identities WHERE issuer = ? AND subject = ? AND member = ?", issuer, subject, member).Exec(ctx))
	if err == nil && !ok {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return err
	}
	_, err = tx.db.NewRaw("DELETE FROM sessions WHERE member = ?", member).Exec(ctx)
	return err
}

// MemberByIdentity is whom an identity is bound to, or NotFound.
func (q query) MemberByIdentity(ctx context.Context, issuer, subject string) (Member, error) {
	return q.member(ctx, "m.actor = (SELECT i.member FROM identities AS i WHERE i.issuer = ? AND i.subject = ?)", issuer, subject)
}
