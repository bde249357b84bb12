package web

import (
	"context"

	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// complaint is the form with which a post is reported.
type complaint struct {
	Comment string
	Forward bool // tell its author's company too
	Sent    bool
}

// Complains says that the report was wrong.
func (t thread) Complains() bool { return t.Problem.at("comment") }

// report tells the admins of a post, and in a group who looks after it.
func (w *Web) report(ctx context.Context, v *visit) (answer, error) {
	n, author, err := w.noteBy(ctx, v)
	if err != nil {
		return answer{}, err
	}
	c := complaint{Comment: v.text("comment"), Forward: v.text("forward") != ""}
	_, err = w.engine.Report(ctx, v.me(), federation.Complaint{Account: author, Notes: []store.Note{n}, Comment: c.Comment, Forward: c.Forward})
	if err == nil {
		return redirect(notePath(author, n) + "?reported"), nil
	}
	t := thread{Complaint: &c}
	if t.Problem, err = v.problemOf(err, map[string]string{"long_report": "comment", "many_reports": "comment"}); err != nil {
		return answer{}, err
	}
	return w.threadPage(ctx, v, n, t)
}

// about is a report about a post in a group, for who looks after the group.
type about struct {
	store.Report
	Of    store.Actor
	Posts []card
}

// reports are the latest about posts in a group that nobody there has dealt with.
func (w *Web) reports(ctx context.Context, v *visit, group store.Key) (list []about, err error) {
	found, err := w.db.GroupReports(ctx, group, v.me().Key, store.Page{})
	if err != nil {
		return nil, err
	}
	var people, notes []store.Key
	for _, r := range found {
		people, notes = append(people, r.Account), append(notes, r.Notes...)
	}
	who, err := w.db.ActorsByKey(ctx, people...)
	if err != nil {
		return nil, err
	}
	cards, err := w.noticed(ctx, v, notes)
	for _, r := range found {
		a := about{Report: r, Of: who[r.Account]}
		for _, key := range r.Notes {
			if c, ok := cards[key]; ok && c.Note.In() == group {
				a.Posts = append(a.Posts, c)
			}
		}
		list = append(list, a)
	}
	return list, err
}
