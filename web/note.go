package web

import (
	"context"
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// thread is the page of one post: what it answers, itself, and its answers.
type thread struct {
	Above     []card
	Post      card
	Below     []card
	Original  string // its page at home, "" for our own
	Composer  *composer
	Moderates bool             // the reader looks after the group that it is in
	Topics    []activity.Topic // into which the reader may move it
	Pinned    bool
	Closed    bool   // only moderators answer it
	Reason    string // why it should go, where that was wrong
	Complaint *complaint
	Problem   *problem  // of one of the forms
	Receipts  *receipts // of a post of the reader's that goes to other companies, else nil
}

// noteAt is the note that the path names, if the reader may see it. A wrong name
// before it is as wrong as a wrong number.
func (w *Web) noteAt(ctx context.Context, v *visit) (store.Note, error) {
	n, _, err := w.noteBy(ctx, v)
	return n, err
}

// noteBy is noteAt, with its author.
func (w *Web) noteBy(ctx context.Context, v *visit) (n store.Note, author store.Actor, err error) {
	key, err := store.ParseKey(v.PathValue("key"))
	if err != nil {
		return n, author, err
	}
	if n, err = w.db.VisibleNote(ctx, key, v.viewer.Reader()); err != nil {
		return n, author, err
	}
	if author, err = w.db.ActorByKey(ctx, n.AuthorKey); err != nil {
		return n, author, err
	}
	user, host := w.at(v)
	if !strings.EqualFold(user, string(author.Username)) || author.Local != (host == "") || host != "" && host != author.Host {
		err = activity.ErrNotFound()
	}
	return n, author, err
}

// mine is the note that the path names, if the reader wrote it.
func (w *Web) mine(ctx context.Context, v *visit) (store.Note, error) {
	n, err := w.noteAt(ctx, v)
	if err == nil && n.AuthorKey != v.me().Key {
		err = activity.ErrNotFound()
	}
	return n, err
}

func (w *Web) note(ctx context.Context, v *visit) (answer, error) {
	n, err := w.noteAt(ctx, v)
	if err != nil {
		return answer{}, err
	}
	return w.threadPage(ctx, v, n, thread{Complaint: &complaint{Forward: !n.Local, Sent: v.URL.Query().Has("reported")}})
}

// reply answers the post whose page the form was on.
func (w *Web) reply(ctx context.Context, v *visit) (answer, error) {
	n, err := w.noteAt(ctx, v)
	if err != nil {
		return answer{}, err
	}
	cards, err := w.cards(ctx, v, entriesOf(n))
	if err != nil {
		return answer{}, err
	}
	c, err := w.post(ctx, v, v.answering(cards[0]))
	switch {
	case err != nil:
		return answer{}, err
	case c.done():
		return redirect(cards[0].Path() + "#answers"), nil
	}
	return w.threadPage(ctx, v, n, thread{Composer: &c, Problem: c.Problem})
}

// threadPage shows a post in its thread; t has what somebody wrote in one of its forms and
// what is wrong with it, nothing for empty ones.
func (w *Web) threadPage(ctx context.Context, v *visit, n store.Note, t thread) (answer, error) {
	if err := w.engine.Opened(ctx, n); err != nil {
		return answer{}, err
	}
	notes, err := w.db.Thread(ctx, n.ThreadKey, v.viewer.Reader())
	if err != nil {
		return answer{}, err
	}
	above, below, depths := around(n, notes)
	cards, err := w.cards(ctx, v, entriesOf(slices.Concat(above, []store.Note{n}, below)...))
	if err != nil {
		return answer{}, err
	}
	at := len(above)
	withoutGroup(cards[:at])
	withoutGroup(cards[at+1:]) // all are in the same one
	t.Above, t.Post, t.Below = cards[:at], cards[at], cards[at+1:]
	for i := range t.Below {
		t.Below[i].Depth = min(depths[i], maxDepth)
	}
	if !n.Local {
		t.Original = string(n.Page())
	} else if n.AuthorKey == v.me().Key {
		if t.Receipts, err = w.receipts(ctx, n); err != nil {
			return answer{}, err
		}
	}
	for _, find := range []func(context.Context, *visit, *thread) error{w.moderating, w.sortable, w.marked} {
		if err := find(ctx, v, &t); err != nil {
			return answer{}, err
		}
	}
	if t.Composer == nil {
		if t.Composer, err = w.answerTo(ctx, v, t.Post); err != nil {
			return answer{}, err
		}
	}
	return answer{page: "note", title: v.book.say("note.title", "name", name(t.Post.Author)), problem: t.Problem, data: t}, nil
}

// moderating finds out what a moderator may do about a post, and what was done.
func (w *Web) moderating(ctx context.Context, v *visit, t *thread) (err error) {
	n := t.Post.Note
	if n.In() == 0 || t.Post.Counts.Outside {
		return nil
	}
	if t.Closed, err = w.db.IsLocked(ctx, n.Key); err != nil || !t.Post.Group.Local {
		return err
	}
	if t.Pinned, err = w.db.HasEdge(ctx, store.Feature, n.In(), n.Key); err != nil {
		return err
	}
	t.Moderates, err = w.db.HasEdge(ctx, store.Moderator, v.me().Key, n.In())
	return err
}

// answerTo is an empty composer, nil where the reader may not answer: in a group
// that they are not in, or where their company only reads along.
func (w *Web) answerTo(ctx context.Context, v *visit, to card) (*composer, error) {
	if to.Silent {
		return nil, nil
	}
	if to.Note.GroupKey != 0 {
		if is, err := w.db.IsMember(ctx, v.me().Key, to.Note.GroupKey); err != nil || !is {
			return nil, err
		}
	}
	c := v.answering(to)
	return &c, nil
}

// maxDepth is how far answers are indented.
const maxDepth = 3

// around sorts the notes of a thread into those that n answers, the oldest
// first, and its answers, each followed by its own; depths are theirs, from 0.
func around(n store.Note, thread []store.Note) (above, below []store.Note, depths []int) {
	byKey, answers := map[store.Key]store.Note{}, map[store.Key][]store.Note{}
	for _, t := range thread {
		byKey[t.Key] = t
		answers[t.ReplyTo] = append(answers[t.ReplyTo], t)
	}
	for p, ok := byKey[n.ReplyTo]; ok && p.ReplyTo != p.Key && len(above) < len(thread); p, ok = byKey[p.ReplyTo] {
		above = append(above, p)
	}
	slices.Reverse(above)
	seen := map[store.Key]bool{n.Key: true, 0: true} // a partner may send a ring
	var walk func(to store.Key, depth int)
	walk = func(to store.Key, depth int) {
		for _, a := range answers[to] {
			if seen[a.Key] {
				continue
			}
			seen[a.Key] = true
			below, depths = append(below, a), append(depths, depth)
			walk(a.Key, depth+1)
		}
	}
	walk(n.Key, 0)
	return above, below, depths
}

func entriesOf(notes ...store.Note) []store.Entry {
	entries := make([]store.Entry, len(notes))
	for i, n := range notes {
		entries[i] = store.Entry{Key: n.Key, Note: n}
	}
	return entries
}

// onNote makes an endpoint of a deed that one does to a note.
func (w *Web) onNote(do func(ctx context.Context, me store.Actor, n store.Note) error) endpoint {
	return func(ctx context.Context, v *visit) (answer, error) {
		n, err := w.noteAt(ctx, v)
		if err == nil {
			err = do(ctx, v.me(), n)
		}
		here := v.URL.EscapedPath()
		return redirect(v.back(here[:strings.LastIndexByte(here, '/')])), err
	}
}

func (w *Web) boost(ctx context.Context, me store.Actor, n store.Note) error {
	_, err := w.engine.Boost(ctx, me, n)
	return err
}

// editing is the page on which an author changes or deletes a post.
type editing struct {
	Path     string
	Composer composer
	Silent   store.Actor // the group that it is in, where our company only reads along; Key 0: none
	Token    string
}

func (w *Web) askEdit(ctx context.Context, v *visit) (answer, error) {
	n, err := w.mine(ctx, v)
	if err != nil {
		return answer{}, err
	}
	group, _, err := activity.Optional(w.db.ActorByKey(ctx, n.In()))
	if w.falls(group, activity.Comments) == "" {
		group = store.Actor{}
	}
	return v.editPage(v.rewriting(n), group), err
}

// rewriting is a composer with what the author typed.
func (v *visit) rewriting(n store.Note) composer {
	c := v.composer()
	c.Action, c.Title, c.Submit = notePath(v.me(), n)+"/edit", v.book.say("compose.text"), v.book.say("edit.submit")
	c.Choices, c.Audience = nil, v.book.say("edit.audience")
	c.Draft = federation.Draft{Text: activity.PlainText(string(n.Content)), Warning: activity.PlainText(string(n.Summary)), Language: n.Language()}
	if c.Titled = n.Name != "" || n.GroupKey != 0 && n.InReplyTo.First() == ""; c.Titled {
		c.Draft.Title = string(n.Name)
	}
	if n.Source != nil {
		c.Draft.Text = string(n.Source.Content)
	}
	return c
}

// pictures are those of one's own post: they stay when its words change.
func (w *Web) pictures(n store.Note) []store.Key {
	var keys []store.Key
	for _, a := range n.Attachment {
		if key, ok := w.house.MediaKey(a.URL.First()); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

func (v *visit) editPage(c composer, silent store.Actor) answer {
	return answer{page: "edit", title: v.book.say("edit.heading"), problem: c.Problem,
		data: editing{Path: strings.TrimSuffix(c.Action, "/edit"), Composer: c, Silent: silent, Token: v.token()}}
}

func (w *Web) edit(ctx context.Context, v *visit) (answer, error) {
	n, err := w.mine(ctx, v)
	if err != nil {
		return answer{}, err
	}
	c := v.rewriting(n)
	c.Draft.Media = w.pictures(n)
	if c.Draft, err = c.draft(v); err == nil {
		_, err = w.engine.Edit(ctx, v.me(), n, c.Draft)
	}
	if err == nil {
		return redirect(notePath(v.me(), n)), nil
	}
	c.Problem, err = v.problemOf(err, composerFields())
	return v.editPage(c, store.Actor{}), err
}

// remove deletes one's own post for good.
func (w *Web) remove(ctx context.Context, v *visit) (answer, error) {
	n, err := w.mine(ctx, v)
	if err == nil {
		err = w.engine.Delete(ctx, v.me(), n)
	}
	return redirect("/home"), err
}
