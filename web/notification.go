package web

import (
	"cmp"
	"context"
	"time"

	"entente.example/entente/store"
)

// noticeList is the page of notifications.
type noticeList struct {
	Notices []notice
	Pager   pager
}

// notice is one notification: who did what, and the post that it is about.
type notice struct {
	Kind    string
	Actor   store.Actor
	At      time.Time
	Card    *card  // of a mention or quote: it can be answered here
	Path    string // of the post, "" when it is about none
	Excerpt string
	About   store.Actor // who is reported
	Reason  string      // why a post of mine went
}

// Icon is the picture that stands for what happened.
func (n notice) Icon() string {
	switch n.Kind {
	case "favourite":
		return "like"
	case "reblog":
		return "boost"
	case "update":
		return "edit"
	default:
		return "person"
	}
}

func (w *Web) notifications(ctx context.Context, v *visit) (answer, error) {
	p := v.page()
	rows, err := w.db.Notifications(ctx, v.me().Key, p)
	if err != nil {
		return answer{}, err
	}
	var keys, actors, notes []store.Key
	for _, r := range rows {
		keys, actors, notes = append(keys, r.Key), append(actors, r.Actor), append(notes, r.Note)
	}
	reports, err := w.reported(ctx, v, rows)
	if err != nil {
		return answer{}, err
	}
	for _, r := range reports {
		actors = append(actors, r.Account)
	}
	who, err := w.db.ActorsFor(ctx, v.me().Key, actors...)
	if err != nil {
		return answer{}, err
	}
	removals, err := w.removed(ctx, rows)
	if err != nil {
		return answer{}, err
	}
	about, err := w.noticed(ctx, v, notes)
	list := noticeList{Pager: v.turn(p, keys)}
	for _, r := range rows {
		c, visible := about[r.Note]
		report, isRead := reports[r.Report]
		if a := who[r.Actor]; a.Usable() && (visible || r.Note == 0) && (isRead || r.Report == 0) {
			n := newNotice(r, a, c)
			n.About, n.Reason = who[report.Account], removals[r.Removal].Reason
			list.Notices = append(list.Notices, n)
		}
	}
	return answer{page: "notifications", title: v.book.say("notifications.title"), data: list}, err
}

// reported are the reports among these that the visitor may read.
func (w *Web) reported(ctx context.Context, v *visit, rows []store.Notification) (map[store.Key]store.Report, error) {
	var keys []store.Key
	for _, r := range rows {
		if r.Report != 0 {
			keys = append(keys, r.Report)
		}
	}
	return w.db.ReportsFor(ctx, v.viewer.Member, keys...)
}

// noticed are the cards of the notes that are still there and visible.
func (w *Web) noticed(ctx context.Context, v *visit, keys []store.Key) (map[store.Key]card, error) {
	notes, err := w.db.VisibleNotes(ctx, keys, v.viewer.Reader())
	if err != nil {
		return nil, err
	}
	var entries []store.Entry
	for _, n := range notes {
		entries = append(entries, store.Entry{Key: n.Key, Note: n})
	}
	cards, err := w.cards(ctx, v, entries)
	found := map[store.Key]card{}
	for _, c := range cards {
		found[c.Note.Key] = c
	}
	return found, err
}

func newNotice(r store.Notification, a store.Actor, c card) notice {
	n := notice{Kind: r.Kind, Actor: a, At: r.CreatedAt}
	switch {
	case r.Note == 0:
	case r.Kind == "mention", r.Kind == "quote":
		n.Card = &c
	default:
		n.Path, n.Excerpt = c.Path(), excerpt(c)
	}
	return n
}

// excerpt is the beginning of a post; a warning stands for what it hides.
func excerpt(c card) string {
	if c.Warning != "" {
		return c.Warning
	}
	return cmp.Or(gist(string(c.Note.Content)), string(c.Note.Name))
}
