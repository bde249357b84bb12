package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Pace is something that is done for a subject now and then, in steps. A job
// carries the Begun and Step that it is for, so that its second copy, and what
// is left of an earlier one, has no effect.
type Pace struct {
	bun.BaseModel `bun:"table:paces,alias:p"`

	Kind    string `bun:",pk"`
	Subject Key    `bun:",pk"`
	Begun   Key
	Step    int
	Total   int
}

// Pace is how it stands; one that was never begun is zero.
func (q query) Pace(ctx context.Context, kind string, subject Key) (Pace, error) {
	p := Pace{Kind: kind, Subject: subject}
	err := q.db.NewSelect().Model(&p).Where("p.kind = ? AND p.subject = ?", kind, subject).Scan(ctx)
	if _, err = one(p, err); err != nil && activity.KindOf(err) == activity.NotFound {
		return Pace{Kind: kind, Subject: subject}, nil
	}
	return p, err
}

// IsDue says whether it may be begun again.
func (p Pace) IsDue(now time.Time, every time.Duration) bool {
	return p.Begun == 0 || !p.Begun.Time().Add(every).After(now)
}

// Begin notes that it begins now; ok is false if it did within the last every.
func (tx *Tx) Begin(ctx context.Context, kind string, subject Key, every time.Duration) (p Pace, ok bool, err error) {
	p = Pace{Kind: kind, Subject: subject}
	err = tx.db.NewRaw(`INSERT INTO paces AS p (kind, subject, begun) VALUES (?, ?, ?)
		ON CONFLICT (kind, subject) DO UPDATE SET begun = EXCLUDED.begun, step = 0 WHERE p.begun <= ?
		RETURNING begun, step, total`, kind, subject, NewKey(tx.Now), int64(tx.Now.Add(-every).UnixMilli())<<16).Scan(ctx, &p.Begun, &p.Step, &p.Total)
	if _, err = one(p, err); err != nil && activity.KindOf(err) == activity.NotFound {
		return p, false, nil
	}
	return p, err == nil, err
}

// Advance ends step p, in which n things were fetched, and reports whether that
// was still to be done.
func (tx *Tx) Advance(ctx context.Context, p Pace, n int) (bool, error) {
	return changed(tx.db.NewRaw("UPDATE paces SET step = step + 1, total = total + ? WHERE kind = ? AND subject = ? AND begun = ? AND step = ?",
		n, p.Kind, p.Subject, p.Begun, p.Step).Exec(ctx))
}
