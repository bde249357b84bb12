package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Session is a browser that has signed in to our own pages.
type Session struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`

	Hash      []byte `bun:",pk"` // SHA-256 of the cookie
	Member    Key
	ExpiresAt time.Time
}

// PutSession opens a session.
func (tx *Tx) PutSession(ctx context.Context, s Session) error {
	_, err := tx.db.NewInsert().Model(&s).Exec(ctx)
	return err
}

// EndSession closes it; expired ones are swept out with it.
func (tx *Tx) EndSession(ctx context.Context, secret string) error {
	_, err := tx.db.NewRaw("DELETE FROM sessions WHERE hash = ? OR expires_at < ?", Hash(secret), tx.Now).Exec(ctx)
	return err
}

// ViewerBySession is who a session cookie lets act, with every scope;
// Unauthenticated when it is unknown, over, or its member locked or suspended.
func (q query) ViewerBySession(ctx context.Context, secret string, now time.Time) (Viewer, error) {
	v, at := Viewer{Scopes: []string{"read", "write", "follow"}}, []actorVersion{}
	if err := q.bound().each(ctx, viewers+"(SELECT s.member FROM sessions AS s WHERE s.hash = $1 AND s.expires_at > $2)", []any{Hash(secret), now}, v.read(&at)); err != nil {
		return Viewer{}, err
	}
	return q.asActor(ctx, v, at)
}
