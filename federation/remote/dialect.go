package remote

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// Dialect is how requests to a host are signed.
type Dialect string

// The dialects. Cavage is for hosts of which nothing is known, since all but a few
// take it.
const (
	Cavage    Dialect = "cavage"          // draft-cavage-12, RSA
	Message   Dialect = "rfc9421"         // RFC 9421, RSA (rsa-v1_5-sha256)
	MessageEd Dialect = "rfc9421-ed25519" // RFC 9421, Ed25519
)

// What a program says of itself in generator.implements of its actors (FEP-844e),
// and what we take from it.
//
// The FEP has an entry for RFC 9421 and none for the algorithms, and whoever reads
// RSA alone would refuse Ed25519. So Entente names besides it the section of the
// RFC that is about nothing else: §3.3.6, EdDSA using curve edwards25519. Who
// lists both is sent RFC 9421 with Ed25519, who lists the first alone RFC 9421
// with RSA. The same is learnt from a host that signs its own requests so, since
// it surely reads what it writes.
const (
	implementsMessage   activity.ID = "https://datatracker.ietf.org/doc/html/rfc9421"
	implementsEd25519   activity.ID = "https://datatracker.ietf.org/doc/html/rfc9421#section-3.3.6"
	implementsMultikey  activity.ID = "https://w3id.org/fep/521a"
	implementsIntegrity activity.ID = "https://w3id.org/fep/8b32"
)

// Generator is what the actors of Entente say of the program behind them.
func Generator() *activity.Generator {
	return &activity.Generator{Type: "Application", Name: "Entente", Implements: activity.List[activity.Implements]{
		{Name: "RFC-9421: HTTP Message Signatures", Href: implementsMessage},
		{Name: "RFC-9421: HTTP Message Signatures, Ed25519", Href: implementsEd25519},
		{Name: "FEP-521a: Representing actor's public keys", Href: implementsMultikey},
		{Name: "FEP-8b32: Object Integrity Proofs", Href: implementsIntegrity},
	}}
}

// Dialects remembers how each host is spoken to, in the table hosts: it survives
// restarts, and all processes share it. What cannot be read is unknown, what
// cannot be written is learnt again: no request fails for it.
type Dialects struct {
	db  *store.Store
	log *slog.Logger

	mu    sync.Mutex
	known map[string]spoken // what was read lately
}

type spoken struct {
	dialect Dialect
	until   time.Time // remembered
	read    time.Time
}

// NewDialects needs both arguments.
func NewDialects(db *store.Store, log *slog.Logger) *Dialects {
	return &Dialects{db: db, log: log, known: map[string]spoken{}}
}

// of is the dialect of a host, and until when it is remembered; "" is unknown.
func (d *Dialects) of(ctx context.Context, host string) (Dialect, time.Time) {
	if d == nil {
		return "", time.Time{}
	}
	now := time.Now()
	d.mu.Lock()
	s, known := d.known[host]
	d.mu.Unlock()
	if known && now.Sub(s.read) < limits.DialectRead {
		if s.until.Before(now) {
			return "", time.Time{}
		}
		return s.dialect, s.until
	}
	dialect, until, err := d.db.Dialect(ctx, host)
	if err != nil {
		d.log.WarnContext(ctx, "the dialect of a host cannot be read", "host", host, "err", err)
		return "", time.Time{}
	}
	d.learn(host, spoken{Dialect(dialect), until, now})
	return Dialect(dialect), until
}

func (d *Dialects) learn(host string, s spoken) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= limits.Dialects {
		clear(d.known)
	}
	d.known[host] = s
}

func (d *Dialects) keep(ctx context.Context, host string, dialect Dialect, while time.Duration) {
	if d == nil {
		return
	}
	now := time.Now()
	d.learn(host, spoken{dialect, now.Add(while), now})
	if err := d.db.SetDialect(ctx, host, string(dialect), now.Add(while)); err != nil {
		d.log.WarnContext(ctx, "the dialect of a host cannot be kept", "host", host, "dialect", dialect, "err", err)
	}
}

// Heard takes note that a host has sent us a valid request in this dialect, or says
// that it takes it. Experience outweighs it: where this failed lately, nothing
// changes; and Ed25519 outweighs RSA, which who takes it takes as well.
func (d *Dialects) Heard(ctx context.Context, host string, dialect Dialect) {
	if d == nil || dialect == Cavage || host == "" {
		return
	}
	known, until := d.of(ctx, host)
	if known == Cavage || known == MessageEd && dialect == Message {
		return
	}
	if known != dialect || time.Until(until) < limits.DialectLife-limits.DialectEvery {
		d.keep(ctx, host, dialect, limits.DialectLife)
	}
}

// Read takes note of what an actor says of the program behind it (FEP-844e).
func (d *Dialects) Read(ctx context.Context, a activity.Actor) {
	switch {
	case !a.Implements(implementsMessage):
	case a.Implements(implementsEd25519):
		d.Heard(ctx, a.ID.Host(), MessageEd)
	default:
		d.Heard(ctx, a.ID.Host(), Message)
	}
}

// worked takes note of which of several ways to sign got through.
func (d *Dialects) worked(ctx context.Context, host string, dialect Dialect, until time.Time, first bool) {
	switch {
	case !first && dialect == Cavage:
		d.keep(ctx, host, dialect, limits.DialectEvery)
	case !first:
		d.keep(ctx, host, dialect, limits.DialectLife)
	case dialect != Cavage && time.Until(until) < limits.DialectLife-limits.DialectEvery:
		d.keep(ctx, host, dialect, limits.DialectLife)
	}
}
