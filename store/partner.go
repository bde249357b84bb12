package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Partner is a host that we federate with.
type Partner struct {
	bun.BaseModel `bun:"table:partners,alias:pa"`

	Host      string `bun:",pk"` // exact, as CleanHost gives it
	Note      string
	AllowedAt time.Time

	Agreement string          // that it follows from; "": our word alone
	Suspended bool            // nothing goes either way
	Lets      json.RawMessage // what their people may do here: an agreement.Grant
	Takes     json.RawMessage // what ours may do there
	FromAt    time.Time       `bun:",nullzero"`
	UntilAt   time.Time       `bun:",nullzero"`

	Software string `bun:",scanonly"` // what it says that it runs, "" where that is not known
	Version  string `bun:",scanonly"`
}

// Knock is a host that was refused.
type Knock struct {
	bun.BaseModel `bun:"table:knocks,alias:k"`

	Host    string `bun:",pk"`
	Tried   string // what they tried last
	Times   int
	FirstAt time.Time
	LastAt  time.Time
}

// PutPartner lets a host in, or changes what it may do, without grants nothing; its
// knocks are forgotten, and so is what is left of an agreement that has ended. What is
// between our people and theirs follows by a job.
func (tx *Tx) PutPartner(ctx context.Context, p Partner) error {
	delete(tx.partners, p.Host)
	if err := tx.partWhole(ctx, p.Host); err != nil {
		return err
	}
	if _, err := tx.db.NewRaw("DELETE FROM knocks WHERE host = ?", p.Host).Exec(ctx); err != nil {
		return err
	}
	p.AllowedAt = tx.Now
	for _, grant := range []*json.RawMessage{&p.Lets, &p.Takes} {
		if *grant == nil {
			*grant = json.RawMessage("{}")
		}
	}
	isNew, err := tx.isNewGrant(ctx, p)
	if err != nil {
		return err
	}
	_, err = tx.db.NewInsert().Model(&p).On("CONFLICT (host) DO UPDATE").
		Set("note = EXCLUDED.note, agreement = EXCLUDED.agreement, suspended = EXCLUDED.suspended, lets = EXCLUDED.lets, takes = EXCLUDED.takes").
		Set("from_at = EXCLUDED.from_at, until_at = EXCLUDED.until_at").Exec(ctx)
	if err != nil || !isNew {
		return err
	}
	return tx.Enqueue(ctx, Freeze{Host: p.Host})
}

// isNewGrant says whether a partner may do something else from now on than before.
func (tx *Tx) isNewGrant(ctx context.Context, p Partner) (bool, error) {
	var same bool
	err := tx.bound().row(ctx, "SELECT EXISTS (SELECT FROM partners WHERE host = $1 AND lets = $2::jsonb AND takes = $3::jsonb AND (agreement <> '') = ($4 <> '') AND suspended = $5)",
		[]any{p.Host, string(p.Lets), string(p.Takes), p.Agreement, p.Suspended}, &same)
	return !same, err
}

// Partner is what we let a host do and what it lets us do, now or not; NotFound for one
// that is none.
func (q query) Partner(ctx context.Context, host string) (Partner, error) {
	ps, err := q.partners(ctx, []string{host})
	if err != nil {
		return Partner{}, err
	}
	return found(ps[host])
}

func (q query) partners(ctx context.Context, hosts []string) (map[string]*Partner, error) {
	ps := map[string]*Partner{}
	err := q.bound().each(ctx, "SELECT host, note, allowed_at, agreement, suspended, lets, takes, from_at, until_at FROM partners WHERE host = ANY ($1)", []any{hosts}, func(scan func(...any) error) error {
		p := &Partner{}
		var from, until *time.Time
		err := scan(&p.Host, &p.Note, &p.AllowedAt, &p.Agreement, &p.Suspended, &p.Lets, &p.Takes, &from, &until)
		if from != nil {
			p.FromAt = *from
		}
		if until != nil {
			p.UntilAt = *until
		}
		ps[p.Host] = p
		return err
	})
	return ps, err
}

// IsAt says whether it is one at that time: its term has begun and is not over.
func (p Partner) IsAt(at time.Time) bool {
	return !at.Before(p.FromAt) && (p.UntilAt.IsZero() || at.Before(p.UntilAt))
}

// IsEarly says that it is none yet at that time.
func (p Partner) IsEarly(at time.Time) bool { return at.Before(p.FromAt) }

// Passes says whether something may go to and from it at that time.
func (p Partner) Passes(at time.Time) bool { return !p.Suspended && p.IsAt(at) }

// IsPartner is that of Store.
func (tx *Tx) IsPartner(ctx context.Context, host string, at time.Time) (bool, error) {
	p, is, err := activity.Optional(tx.Partner(ctx, host))
	return is && p.Passes(at), err
}

// RemovePartner shuts a host out at once and reports whether it was a partner.
// What waits to be delivered to it is dropped.
func (tx *Tx) RemovePartner(ctx context.Context, host string) (bool, error) {
	delete(tx.partners, host)
	was, err := changed(tx.db.NewRaw("DELETE FROM partners WHERE host = ?", host).Exec(ctx))
	if err == nil {
		_, err = tx.DropParked(ctx, host)
	}
	return was, err
}

// Unsigned are those of these hosts that have signed no agreement with us, in their order:
// whatever they are let, nothing says that they keep to anything.
func (q query) Unsigned(ctx context.Context, hosts []string) ([]string, error) {
	var unsigned []string
	err := q.bound().each(ctx, `SELECT h.host FROM unnest($1::text[]) WITH ORDINALITY AS h (host, n)
		WHERE NOT EXISTS (SELECT FROM partners AS p WHERE p.host = h.host AND p.agreement <> '') ORDER BY h.n`, []any{hosts}, func(scan func(...any) error) error {
		var host string
		err := scan(&host)
		unsigned = append(unsigned, host)
		return err
	})
	return unsigned, err
}

// Partners are all of them, by host.
func (q query) Partners(ctx context.Context) ([]Partner, error) {
	var ps []Partner
	err := q.db.NewSelect().Model(&ps).ColumnExpr("pa.host, pa.note, pa.allowed_at, pa.agreement, pa.suspended, pa.lets, pa.takes, pa.from_at, pa.until_at").
		ColumnExpr("coalesce(h.software, '') AS software, coalesce(h.version, '') AS version").
		Join("LEFT JOIN hosts AS h ON h.host = pa.host").OrderExpr("pa.host").Scan(ctx)
	return ps, err
}

// NewestPartner is the one of these hosts that was allowed last, or NotFound.
func (q query) NewestPartner(ctx context.Context, hosts []string) (Partner, error) {
	var p Partner
	err := q.bound().row(ctx, "SELECT host, note, allowed_at FROM partners WHERE host = ANY ($1) ORDER BY allowed_at DESC, host LIMIT 1", []any{hosts}, &p.Host, &p.Note, &p.AllowedAt)
	return one(p, err)
}

// Knock notes that a host was refused and what it tried.
func (tx *Tx) Knock(ctx context.Context, host, tried string) error {
	_, err := tx.db.NewRaw(`INSERT INTO knocks (host, tried, first_at, last_at) VALUES (?0, ?1, ?2, ?2)
		ON CONFLICT (host) DO UPDATE SET tried = EXCLUDED.tried, times = knocks.times + 1, last_at = EXCLUDED.last_at`,
		host, tried[:min(len(tried), limits.Reason)], tx.Now).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.db.NewRaw(`DELETE FROM knocks WHERE (SELECT count(*) FROM knocks) > ?0
		AND host IN (SELECT host FROM knocks ORDER BY last_at LIMIT 1)`, limits.Knocks).Exec(ctx)
	return err
}

// Knocks are the hosts that were refused, the latest first.
func (q query) Knocks(ctx context.Context, limit int) ([]Knock, error) {
	var ks []Knock
	err := q.db.NewSelect().Model(&ks).OrderExpr("last_at DESC").Limit(int64(limit)).Scan(ctx)
	return ks, err
}

// CountKnocks is how many hosts are remembered.
func (q query) CountKnocks(ctx context.Context) (int, error) {
	var n int
	err := q.db.NewRaw("SELECT count(*) FROM knocks").Scan(ctx, &n)
	return n, err
}

// ForgetKnocks removes those of hosts that have not come since that time.
func (tx *Tx) ForgetKnocks(ctx context.Context, before time.Time) (int, error) {
	return count(tx.db.NewRaw("DELETE FROM knocks WHERE last_at < ?", before).Exec(ctx))
}
