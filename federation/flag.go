package federation

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// Flag reports somebody of ours, or what is here, to our admins.
// Mastodon sends it as its instance, with the account and notes as objects and
// the words in content; Lemmy as a person, about one post, with them in summary.
type Flag struct{ activity.Envelope }

// Resolve takes a Flag back, or says that it was dealt with (Lemmy).
type Resolve struct{ activity.Envelope }

var (
	_ = define[Flag]("Flag", forItself)
	_ = define[Resolve]("Resolve", reporter)
)

// Verify: it names somebody or something that we answer for, and that whoever
// reports it may know.
func (f *Flag) Verify(ctx context.Context, d *Deed) error {
	if d.Local {
		return nil
	}
	r, err := d.report(ctx)
	if err != nil {
		return err
	}
	n, err := d.OpenReports(ctx, r.Reporter, r.Account)
	if err == nil && n >= limits.Reports {
		err = activity.Refuse(activity.Denied, "many_reports", "there are %d open reports about this already: they will be read", limits.Reports)
	}
	if err != nil {
		return err
	}
	n, err = d.OpenHostReports(ctx, d.Actor.ID.Host())
	if err == nil && n >= limits.HostReports {
		err = activity.Refuse(activity.Denied, "many_reports", "there are %d open reports by this host already: they will be read", limits.HostReports)
	}
	return err
}

// Apply keeps it for the admins. One of ours stays with whom it is sent to.
func (f *Flag) Apply(ctx context.Context, d *Deed) error {
	if d.Local {
		return nil
	}
	r, err := d.report(ctx)
	if err == nil {
		_, err = d.PutReport(ctx, r)
	}
	return err
}

// report is what a Flag says, as far as it is about us.
func (d *Deed) report(ctx context.Context) (store.Report, error) {
	var said struct {
		Object  activity.IDs  `json:"object"`
		Content activity.Text `json:"content"`
		Summary activity.Text `json:"summary"`
	}
	if err := json.Unmarshal(d.Raw, &said); err != nil {
		return store.Report{}, activity.Because(activity.Invalid, "unreadable_report", err, "this report cannot be read")
	}
	r := store.Report{IRI: d.IRI, Reporter: d.Actor.Key, Category: "other",
		Comment: shorten(activity.PlainText(string(cmp.Or(said.Content, said.Summary))), limits.ReportComment)}
	var author store.Key
	for _, id := range said.Object[:min(len(said.Object), limits.ReportedNotes+1)] {
		if who, ok, err := activity.Optional(d.Tx.Actor(ctx, id)); err != nil {
			return r, err
		} else if ok {
			if who.Local && who.Usable() && !who.IsGroup() && r.Account == 0 {
				r.Account = who.Key
			}
			continue
		}
		n, ok, err := activity.Optional(d.seen(ctx, id))
		if err != nil {
			return r, err
		}
		if ours, err := d.answersFor(ctx, n); err != nil {
			return r, err
		} else if ok && ours {
			r.Notes, r.Group, author = append(r.Notes, n.Key), cmp.Or(r.Group, n.In()), cmp.Or(author, n.AuthorKey)
		}
	}
	if r.Account = cmp.Or(r.Account, author); r.Account == 0 {
		return r, activity.Refuse(activity.NotFound, "not_ours", "there is nothing here of what is reported")
	}
	return r, nil
}

// answersFor says whether a note is one of ours, or is in a group of ours.
func (d *Deed) answersFor(ctx context.Context, n store.Note) (bool, error) {
	if n.Local || n.In() == 0 {
		return n.Local, nil
	}
	group, err := d.ActorByKey(ctx, n.In())
	return group.Local, err
}

func shorten(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes])
	}
	return s
}

// Verify: who reported something may say that it is dealt with, and so may others
// of the same host.
func (r *Resolve) Verify(ctx context.Context, d *Deed) error {
	_, err := d.flagged(ctx)
	return err
}

// Apply closes the report.
func (r *Resolve) Apply(ctx context.Context, d *Deed) error {
	report, err := d.flagged(ctx)
	if err == nil {
		_, err = d.ResolveReport(ctx, report.Key, string(d.Actor.ID))
	}
	return err
}

func (d *Deed) flagged(ctx context.Context) (store.Report, error) {
	report, err := d.ReportByIRI(ctx, d.Head.Object.ID)
	if err != nil {
		return report, err
	}
	reporter, err := d.ActorByKey(ctx, report.Reporter)
	if err == nil && (reporter.Local || !activity.SameOrigin(reporter.ID, d.Actor.ID)) {
		err = activity.ErrNotFound()
	}
	return report, err
}

// Complaint is a report before it is one.
type Complaint struct {
	Account  store.Actor
	Notes    []store.Note // that account wrote, and the reporter may see
	Comment  string
	Category string
	Forward  bool // to the company of the account, which does not learn who reports
}

// Report tells our admins what me finds wrong, where that is wanted those of the other
// company, and of posts in a group who looks after it. A comment that is too long is
// Invalid.
func (s *Service) Report(ctx context.Context, me store.Actor, c Complaint) (store.Report, error) {
	if len([]rune(c.Comment)) > limits.ReportComment || len(c.Notes) > limits.ReportedNotes {
		return store.Report{}, activity.Refuse(activity.Invalid, "long_report", "a report has at most %d characters and names at most %d posts", limits.ReportComment, limits.ReportedNotes)
	}
	r := store.Report{Key: store.NewKey(s.now()), Reporter: me.Key, Account: c.Account.Key, Comment: c.Comment, Category: cmp.Or(c.Category, "other"),
		Forwarded: c.Forward && !c.Account.Local}
	r.IRI = s.ActivityID(r.Key)
	for _, n := range c.Notes {
		if n.AuthorKey != c.Account.Key {
			return r, activity.Refuse(activity.Invalid, "foreign_note", "a report is about posts of one person")
		}
		r.Notes, r.Group = append(r.Notes, n.Key), cmp.Or(r.Group, n.In())
	}
	to, err := s.alsoTo(ctx, &r, c)
	if err != nil {
		return r, err
	}
	err = s.db.InTx(ctx, func(tx *store.Tx) error {
		n, err := tx.OpenReports(ctx, me.Key, c.Account.Key)
		if err == nil && n >= limits.Reports {
			err = activity.Refuse(activity.TooMany, "many_reports", "you have reported this person often enough: your admins will look at it")
		}
		if err == nil {
			r, err = tx.PutReport(ctx, r)
		}
		for _, id := range to { // apart: the company of the account may be in the group no more
			if err == nil {
				err = s.forward(ctx, tx, c, id)
			}
		}
		return err
	})
	return r, err
}

// alsoTo are those elsewhere to whom a report goes: the account itself, for its company,
// and the group. Of a post in a group that somebody of no partner wrote, the group's own
// company hears alone.
func (s *Service) alsoTo(ctx context.Context, r *store.Report, c Complaint) (to activity.IDs, err error) {
	group, _, err := activity.Optional(s.db.ActorByKey(ctx, r.Group))
	if err != nil {
		return nil, err
	}
	if r.Group != 0 && !group.Local {
		to = append(to, group.ID)
	}
	if !r.Forwarded {
		return to, nil
	}
	err = s.gate.Allow(ctx, sending, c.Account.ID.Host(), "Flag")
	if r.Forwarded = err == nil; r.Forwarded {
		return append(to, c.Account.ID), nil
	}
	if r.Group != 0 && activity.KindOf(err) == activity.Denied {
		err = nil
	}
	return to, err
}

// forward sends a report elsewhere in the name of our company.
func (s *Service) forward(ctx context.Context, tx *store.Tx, c Complaint, to activity.ID) error {
	instance, err := tx.Actor(ctx, s.InstanceActor())
	if err != nil {
		return err
	}
	about := activity.IDs{c.Account.ID}
	for _, n := range c.Notes {
		about = append(about, n.ID)
	}
	f := &Flag{}
	f.Object, f.Content, f.To = activity.Ref{Raw: list(about)}, activity.Text(marks.Replace(c.Comment)), activity.IDs{to}
	_, err = s.do(ctx, tx, instance, f)
	return err
}

// list is the JSON of a list of ids.
func list(ids activity.IDs) json.RawMessage {
	raw, err := json.Marshal(slices.Clone(ids))
	if err != nil {
		return nil // strings always have a JSON form
	}
	return raw
}
