package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// Report is that somebody, or some note of theirs, is found wrong.
type Report struct {
	bun.BaseModel `bun:"table:reports,alias:re"`

	Key        Key         `bun:",pk"`
	IRI        activity.ID `bun:"iri"` // of the Flag
	Reporter   Key         // one of ours, or who spoke for a partner
	Account    Key         // who is reported
	Notes      []Key       `bun:",array"`
	Comment    string
	Category   string
	Forwarded  bool
	ResolvedAt bun.NullTime
	ResolvedBy string
	CreatedAt  time.Time
}

// PutReport writes a report; the same one is written once. It tells the admins
// where it is new: of those by one reporter about one account they see the latest.
func (tx *Tx) PutReport(ctx context.Context, r Report) (Report, error) {
	if r.Key == 0 {
		r.Key = NewKey(tx.Now)
	}
	if r.Notes == nil {
		r.Notes = []Key{}
	}
	r.CreatedAt = tx.Now
	isNew, err := changed(tx.db.NewInsert().Model(&r).On("CONFLICT (iri) DO NOTHING").Exec(ctx))
	if err != nil || !isNew {
		return r, err
	}
	_, err = tx.db.NewRaw(`DELETE FROM notifications AS n USING reports AS re
		WHERE n.report = re.key AND re.reporter = ? AND re.account = ?`, r.Reporter, r.Account).Exec(ctx)
	if err != nil {
		return r, err
	}
	var admins []Key
	if err := tx.db.NewRaw("SELECT actor FROM members WHERE admin AND locked_at IS NULL").Scan(ctx, &admins); err != nil {
		return r, err
	}
	for _, admin := range admins {
		if _, err := tx.notify(ctx, Notification{Member: admin, Kind: "admin.report", Actor: r.Reporter, Report: r.Key}); err != nil {
			return r, err
		}
	}
	return r, nil
}

// OpenReports counts those of one reporter about one account that nobody has
// dealt with.
func (q query) OpenReports(ctx context.Context, reporter, account Key) (int, error) {
	var n int
	err := q.db.NewRaw("SELECT count(*) FROM reports WHERE reporter = ? AND account = ? AND resolved_at IS NULL", reporter, account).Scan(ctx, &n)
	return n, err
}

// OpenHostReports counts those by all whose ids are on origin that nobody has dealt
// with.
func (q query) OpenHostReports(ctx context.Context, origin string) (int, error) {
	var n int
	err := q.db.NewRaw("SELECT count(*) FROM reports AS re JOIN actors AS a ON a.key = re.reporter WHERE a.origin = ? AND re.resolved_at IS NULL", origin).Scan(ctx, &n)
	return n, err
}

// Reports are the latest; open: only those that nobody has dealt with.
func (q query) Reports(ctx context.Context, open bool, p Page) ([]Report, error) {
	var rs []Report
	s := paged(q.db.NewSelect().Model(&rs), "re.key", p)
	if open {
		s = s.Where("re.resolved_at IS NULL")
	}
	err := s.Scan(ctx)
	return newestFirst(rs, p), err
}

// Report is the one with this key, or NotFound.
func (q query) Report(ctx context.Context, key Key) (Report, error) {
	var r Report
	err := q.db.NewSelect().Model(&r).Where("re.key = ?", key).Scan(ctx)
	return one(r, err)
}

// ReportsByKey are those of these that are there.
func (q query) ReportsByKey(ctx context.Context, keys ...Key) (map[Key]Report, error) {
	found := map[Key]Report{}
	if len(keys) == 0 {
		return found, nil
	}
	var rs []Report
	err := q.db.NewSelect().Model(&rs).Where("re.key IN (?)", bun.List(keys)).Scan(ctx)
	for _, r := range rs {
		found[r.Key] = r
	}
	return found, err
}

// ReportByIRI is the one that this Flag made, or NotFound.
func (q query) ReportByIRI(ctx context.Context, iri activity.ID) (Report, error) {
	var r Report
	err := q.db.NewSelect().Model(&r).Where("re.iri = ?", iri).Scan(ctx)
	return one(r, err)
}

// ResolveReport says that a report was dealt with, and by whom; it reports whether
// that is new.
func (tx *Tx) ResolveReport(ctx context.Context, key Key, by string) (bool, error) {
	return changed(tx.db.NewRaw("UPDATE reports SET resolved_at = ?, resolved_by = ? WHERE key = ? AND resolved_at IS NULL", tx.Now, by, key).Exec(ctx))
}
