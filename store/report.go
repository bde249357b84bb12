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
	Group      Key         `bun:"group_key,nullzero"` // that the notes are in
	Comment    string
	Category   string
	Forwarded  bool
	ResolvedAt bun.NullTime
	ResolvedBy string
	SettledAt  bun.NullTime // by who looks after the group
	SettledBy  Key          `bun:",nullzero"`
	CreatedAt  time.Time
}

// PutReport writes a report; the same one is written once. Where it is new it tells the
// admins, who of those by one reporter about one account see the latest, and the group's
// moderators who are here, without saying who reports.
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
	return r, tx.tellGroup(ctx, r)
}

func (tx *Tx) tellGroup(ctx context.Context, r Report) error {
	if r.Group == 0 {
		return nil
	}
	moderators, err := tx.EdgesTo(ctx, Moderator, r.Group, Page{Limit: PageMax})
	for _, m := range moderators {
		if err == nil && m.Actor != r.Account {
			_, err = tx.notify(ctx, Notification{Member: m.Actor, Kind: "group_report", Actor: r.Account, Report: r.Key})
		}
	}
	return err
}

// GroupReports are the latest about posts in a group that its moderators have not dealt
// with, but for those about reader.
func (q query) GroupReports(ctx context.Context, group, reader Key, p Page) ([]Report, error) {
	var rs []Report
	err := paged(q.db.NewSelect().Model(&rs).Where("re.group_key = ? AND re.account <> ? AND re.settled_at IS NULL", group, reader), "re.key", p).Scan(ctx)
	return newestFirst(rs, p), err
}

// SettleReport says that a moderator has dealt with a report about a post in their group,
// which the admins still have. NotFound: there is none.
func (tx *Tx) SettleReport(ctx context.Context, key, group, by Key) error {
	n, err := count(tx.db.NewRaw("UPDATE reports SET settled_at = coalesce(settled_at, ?), settled_by = coalesce(settled_by, ?) WHERE key = ? AND group_key = ? AND account <> ?",
		tx.Now, by, key, group, by).Exec(ctx))
	if err == nil && n == 0 {
		err = activity.ErrNotFound()
	}
	return err
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

// ReportsFor are those of these that a member may read: an admin all, who looks after a
// group those about posts in it, but for those about themselves.
func (q query) ReportsFor(ctx context.Context, m Member, keys ...Key) (map[Key]Report, error) {
	found := map[Key]Report{}
	if len(keys) == 0 {
		return found, nil
	}
	var rs []Report
	err := q.db.NewSelect().Model(&rs).Where("re.key IN (?)", bun.List(keys)).
		Where("? OR re.account <> ? AND EXISTS (SELECT FROM edges AS m WHERE m.kind = 'moderator' AND m.actor = ? AND m.object = re.group_key AND m.accepted)", m.Admin, m.Actor, m.Actor).Scan(ctx)
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
