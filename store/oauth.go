package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// App is a client program (OAuth 2.0 client, RFC 6749 §2).
type App struct {
	bun.BaseModel `bun:"table:apps,alias:ap"`

	Key          Key    `bun:",pk"`
	ClientID     string `bun:"client_id"`
	Secret       []byte // SHA-256
	Name         string
	Website      string
	RedirectURIs []string `bun:"redirect_uris,array"`
	Scopes       []string `bun:",array"`
	CreatedAt    time.Time
	Used         bool // a member has let it in, once
}

// Code is an authorisation that waits for its token (RFC 6749 §4.1).
type Code struct {
	bun.BaseModel `bun:"table:codes,alias:c"`

	Hash        []byte `bun:",pk"`
	App         Key
	Member      Key
	RedirectURI string   `bun:"redirect_uri"`
	Scopes      []string `bun:",array"`
	Challenge   string   // PKCE S256 (RFC 7636); "" when the client sent none
	ExpiresAt   time.Time
}

// Token lets an app act, for a member or, with Member 0, for itself.
type Token struct {
	bun.BaseModel `bun:"table:tokens,alias:t"`

	Hash      []byte `bun:",pk"`
	App       Key
	Member    Key      `bun:",nullzero"`
	Scopes    []string `bun:",array"`
	CreatedAt time.Time
}

// Hash is how secrets are kept: they are random, so one SHA-256 is enough.
func Hash(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// NewSecret is a random code, token or cookie of 256 bits, in 43 characters
// that need no escaping. Keep only its Hash.
func NewSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// PutApp adds a client program.
func (tx *Tx) PutApp(ctx context.Context, a App) (App, error) {
	a.Key, a.CreatedAt = NewKey(tx.Now), tx.Now
	_, err := tx.db.NewInsert().Model(&a).Exec(ctx)
	return a, err
}

// App is the one with this client id, or NotFound.
func (q query) App(ctx context.Context, clientID string) (App, error) {
	var a App
	err := q.db.NewSelect().Model(&a).Where("ap.client_id = ?", clientID).Scan(ctx)
	return one(a, err)
}

// AppByKey is the one with this key, or NotFound.
func (q query) AppByKey(ctx context.Context, key Key) (App, error) {
	var a App
	err := q.db.NewSelect().Model(&a).Where("ap.key = ?", key).Scan(ctx)
	return one(a, err)
}

// PutCode keeps an authorisation code. Codes that nobody took are swept out with
// it.
func (tx *Tx) PutCode(ctx context.Context, c Code) error {
	if _, err := tx.db.NewRaw("DELETE FROM codes WHERE expires_at < ?", tx.Now).Exec(ctx); err != nil {
		return err
	}
	if err := tx.useApp(ctx, c.App); err != nil {
		return err
	}
	_, err := tx.db.NewInsert().Model(&c).Exec(ctx)
	return err
}

// useApp notes that a member lets an app in: it is kept from now on, also when they sign
// out of it, since it goes on with the client id that it has.
func (tx *Tx) useApp(ctx context.Context, app Key) error {
	_, err := tx.db.NewRaw("UPDATE apps SET used = true WHERE key = ? AND NOT used", app).Exec(ctx)
	return err
}

// ForgetApps removes some of those registered before that time whom no member has ever
// let in, with the tokens that they have for themselves.
func (tx *Tx) ForgetApps(ctx context.Context, before time.Time) (int, error) {
	return count(tx.db.NewRaw(`DELETE FROM apps WHERE key IN (
		SELECT key FROM apps WHERE NOT used AND created_at < ? ORDER BY created_at LIMIT ? FOR UPDATE SKIP LOCKED)`, before, limits.ForgottenAtOnce).Exec(ctx))
}

// TakeCode gives a code once: whoever asks again gets NotFound, as for one that
// has expired.
func (tx *Tx) TakeCode(ctx context.Context, secret string) (Code, error) {
	var c Code
	err := tx.db.NewRaw("DELETE FROM codes WHERE hash = ? RETURNING *", Hash(secret)).Scan(ctx, &c)
	if c, err = one(c, err); err == nil && !tx.Now.Before(c.ExpiresAt) {
		err = activity.ErrNotFound()
	}
	return c, err
}

// PutToken keeps an access token.
func (tx *Tx) PutToken(ctx context.Context, t Token) error {
	t.CreatedAt = tx.Now
	if t.Member != 0 {
		if err := tx.useApp(ctx, t.App); err != nil {
			return err
		}
	}
	_, err := tx.db.NewInsert().Model(&t).Exec(ctx)
	return err
}

// RevokeToken ends a token of an app; one that is not there is no error (RFC
// 7009 §2.2).
func (tx *Tx) RevokeToken(ctx context.Context, app Key, secret string) error {
	_, err := tx.db.NewRaw("DELETE FROM tokens WHERE app = ? AND hash = ?", app, Hash(secret)).Exec(ctx)
	return err
}

// Viewer is who uses the client API or the pages; the zero Viewer is nobody.
type Viewer struct {
	Actor  Actor  // zero when an app acts for itself
	Member Member // of Actor
	Scopes []string
	App    Key // 0 on our own pages
}

// Is says whether somebody is signed in.
func (v Viewer) Is() bool { return v.Actor.Key != 0 }

// Reader is the viewer as a reader of notes.
func (v Viewer) Reader() Reader { return Reader{Actor: v.Actor.Key} }

// May says whether the scopes allow this one: "read" includes "read:statuses".
func (v Viewer) May(scope string) bool { return Covers(v.Scopes, scope) }

// Covers says whether one of the scopes is scope or includes it.
func Covers(scopes []string, scope string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool {
		return s == scope || len(scope) > len(s) && scope[:len(s)] == s && scope[len(s)] == ':' ||
			s == "follow" && slices.Contains(followScopes, scope)
	})
}

// followScopes are what the old scope "follow" stands for (Mastodon API).
var followScopes = []string{"read:follows", "write:follows", "read:blocks", "write:blocks", "read:mutes", "write:mutes"}

// ViewerByToken is who an access token lets act; Unauthenticated when the token
// is unknown or its member locked or suspended. It is one round trip.
func (s *Store) ViewerByToken(ctx context.Context, secret string) (Viewer, error) {
	var v Viewer
	var holder Key
	known, at, hash := false, []actorVersion{}, Hash(secret)
	err := s.together(ctx,
		ask{"SELECT t.app, coalesce(t.member, 0), t.scopes FROM tokens AS t WHERE t.hash = $1", []any{hash}, func(scan func(...any) error) error {
			known = true
			return scan(&v.App, &holder, &v.Scopes)
		}},
		ask{viewers + "(SELECT t.member FROM tokens AS t WHERE t.hash = $1)", []any{hash}, v.read(&at)})
	if err != nil || !known {
		return Viewer{}, cmp.Or(err, signedOut(activity.ErrNotFound()))
	}
	if holder == 0 { // an app that acts for itself
		return v, nil
	}
	return s.asActor(ctx, v, at)
}

// viewers finds a member who is not locked, and which version of the actor it is.
const viewers = `SELECT m.actor, m.email, m.password, m.admin, m.locale, m.created_at, a.xmin::text::bigint
	FROM members AS m JOIN actors AS a ON a.key = m.actor WHERE m.locked_at IS NULL AND m.actor = `

// read reads what viewers finds.
func (v *Viewer) read(at *[]actorVersion) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		m, version := &v.Member, int64(0)
		err := scan(&m.Actor, &m.Email, &m.Password, &m.Admin, &m.Locale, &m.CreatedAt, &version)
		*at = append(*at, actorVersion{int64(m.Actor), version})
		return err
	}
}

// asActor is v as the actor that was found, if one was.
func (q query) asActor(ctx context.Context, v Viewer, at []actorVersion) (Viewer, error) {
	found, err := q.actorsAt(ctx, at)
	if err != nil || len(found) == 0 {
		return Viewer{}, cmp.Or(err, signedOut(activity.ErrNotFound()))
	}
	if v.Actor = found[v.Member.Actor]; !v.Actor.Usable() {
		return Viewer{}, activity.Refuse(activity.Unauthenticated, "suspended", "this account is suspended; an administrator can lift that")
	}
	return v, nil
}

// signedOut turns a NotFound into the answer for a token or session that is not
// valid, or not any more.
func signedOut(err error) error {
	if activity.KindOf(err) != activity.NotFound {
		return err
	}
	return activity.Refuse(activity.Unauthenticated, "invalid_token", "the access token or session is not valid; sign in again")
}
