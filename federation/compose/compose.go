// Package compose makes the documents of what our people write: text becomes HTML,
// the people named in it are found, and the post is addressed.
package compose

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
)

// Composer writes for one instance.
type Composer struct {
	*resolve.Finder
	db  *store.Store
	log *slog.Logger
}

// New makes a Composer; every argument is needed.
func New(find *resolve.Finder, db *store.Store, log *slog.Logger) *Composer {
	return &Composer{find, db, log}
}

// Draft is a post before it is one.
type Draft struct {
	Text       string // Markdown
	Title      string // of a discussion; "" for none, as an answer has none
	Topic      string // of the group, by its key; "" for none, as an answer has none
	Warning    string // shown instead of the text until asked; "" for none
	Sensitive  bool
	Language   string              // BCP 47, "" unknown
	Visibility activity.Visibility // "": public; in a group it is the group's
	ReplyTo    store.Key           // 0: answers nothing
	Quote      store.Key           // 0: quotes nothing
	Quotable   string              // by "followers" or "nobody"; "": everybody, if everybody can read it
	Group      store.Key           // 0: in no group; an answer stays in the group of what it answers
	Media      []store.Key         // pictures of the author's, at most store.MaxMedia
	Poll       *Poll               // nil: it asks nothing
	Once       string              `json:"-"` // a word of the author's that makes one post within an hour; "": none
}

// Poll is what a post asks; see activity.CheckPoll for its limits.
type Poll struct {
	Options  []string
	Multiple bool          // several may be chosen
	Open     time.Duration // from now on
}

// Note makes the document of a new post of me, addressed. A text that is empty or
// too long is Invalid, a post to answer that me cannot see NotFound.
func (c *Composer) Note(ctx context.Context, me store.Actor, draft Draft) (activity.Note, error) {
	parent, err := c.answered(ctx, me, draft)
	if err != nil {
		return activity.Note{}, err
	}
	if parent.Key != 0 {
		if err := draft.answers(); err != nil {
			return activity.Note{}, err
		}
		if draft.Group, err = c.asked(ctx, parent, draft.Visibility); err != nil {
			return activity.Note{}, err
		}
	}
	in, err := c.room(ctx, draft.Group)
	if err != nil {
		return activity.Note{}, err
	}
	n, err := c.text(ctx, draft, in)
	if err != nil {
		return n, err
	}
	key := store.NewKey(c.Now())
	n.ID, n.Type, n.AttributedTo, n.Published = c.NoteID(key), "Note", activity.IDs{me.ID}, activity.At(c.Now())
	n.URL = activity.IDs{c.NotePage(me, key)}
	if err := c.quote(ctx, me, &n, draft.Quote); err != nil {
		return n, err
	}
	if draft.Poll != nil {
		if err := c.ask(&n, *draft.Poll); err != nil {
			return n, err
		}
	}
	if n.Topic, err = in.topic(draft.Topic); err != nil {
		return n, err
	}
	c.thread(&n, parent)
	aim(me, &n, draft.Visibility, parent, in)
	n.Policy = policy(me, n, draft.Quotable)
	return n, nil
}

// answers refuses (Invalid) what only the first post of a thread has.
func (d Draft) answers() error {
	switch {
	case d.Title != "":
		return activity.Refuse(activity.Invalid, "title_of_answer", "an answer has no title: begin a new discussion")
	case d.Topic != "":
		return activity.TopicOfAnswer()
	}
	return nil
}

// topic is the one with this key as a post names it, zero for "".
func (r room) topic(key string) (t activity.Topic, err error) {
	if key == "" {
		return t, nil
	}
	if t = r.group.Filed(activity.Note{Topic: r.group.NewTopic(key, "")}, true); t.ID == "" {
		err = activity.UnknownTopic()
	}
	return t, err
}

// thread names where the answers to a note are, and all of its thread (FEP-7888):
// an answer is in the thread of what it answers, whoever keeps that.
func (c *Composer) thread(n *activity.Note, parent store.Note) {
	n.Replies = activity.Ref{ID: c.RepliesID(n.ID)}
	if parent.Key != 0 {
		n.Thread, n.Conversation = activity.Ref{ID: parent.Thread.ID}, parent.Conversation
		return
	}
	n.Thread = activity.Ref{ID: c.ThreadID(n.ID)}
	n.Conversation = activity.Text(n.Thread.ID)
}

// ask makes a poll of a note.
func (c *Composer) ask(n *activity.Note, p Poll) error {
	names := make([]string, len(p.Options))
	for i, o := range p.Options {
		names[i] = activity.Plain(o)
	}
	if err := activity.CheckPoll(names, p.Open); err != nil {
		return err
	}
	n.Type, n.EndTime = "Question", activity.At(c.Now().Add(p.Open).Truncate(time.Second))
	list := &n.OneOf
	if p.Multiple {
		list = &n.AnyOf
	}
	for _, name := range names {
		*list = append(*list, activity.PollOption{Type: "Note", Name: activity.Text(name), Replies: activity.Tally{Type: "Collection"}})
	}
	return nil
}

// Text makes only what a text says: content, source, warning, tags. group is where
// it is to be read, 0 for no group.
func (c *Composer) Text(ctx context.Context, draft Draft, group store.Key) (activity.Note, error) {
	in, err := c.room(ctx, group)
	if err != nil {
		return activity.Note{}, err
	}
	return c.text(ctx, draft, in)
}

// answered is the post that a draft answers, if me may see it; zero for none.
func (c *Composer) answered(ctx context.Context, me store.Actor, draft Draft) (store.Note, error) {
	if draft.ReplyTo == 0 {
		return store.Note{}, nil
	}
	return c.db.VisibleNote(ctx, draft.ReplyTo, store.Reader{Actor: me.Key})
}

// asked is the group in which a post is answered: an answer stays where the question was
// asked. One that others asked, from outside, in the thread of a group for members only
// is answered in there too; to its author alone it cannot be, see federation.Lock.
func (c *Composer) asked(ctx context.Context, parent store.Note, v activity.Visibility) (store.Key, error) {
	switch {
	case parent.GroupKey != 0 && v == activity.VisibleDirect:
		return 0, activity.Refuse(activity.Invalid, "no_aside", "an answer to what is in a group is for the whole group: write to one person without answering")
	case parent.GroupKey != 0 || v == activity.VisibleDirect:
		return parent.GroupKey, nil
	}
	around, err := c.db.Around(ctx, parent)
	if err != nil || around == 0 {
		return 0, err
	}
	group, err := c.db.ActorByKey(ctx, around)
	if !group.Access().Shut() {
		around = 0
	}
	return around, err
}

// room is where a post is to be read: a group, or nowhere in particular.
type room struct {
	group     store.Actor // zero: no group
	companies store.Group // what its host knows; zero when it lives elsewhere
}

func (c *Composer) room(ctx context.Context, group store.Key) (r room, err error) {
	if group == 0 {
		return r, nil
	}
	if r.group, err = c.db.ActorByKey(ctx, group); err != nil {
		return r, err
	}
	if !r.group.IsGroup() {
		return r, activity.ErrNotFound()
	}
	if r.group.Local {
		r.companies, err = c.db.Group(ctx, group)
	}
	return r, err
}

// holds says whether people of a's company may read here. Of a group that lives
// elsewhere we know only that its host and we are in it.
func (r room) holds(a store.Actor) bool {
	return r.group.Key == 0 || a.Local || a.Host == r.group.Host || r.companies.LevelOf(a) != ""
}

func (c *Composer) text(ctx context.Context, draft Draft, in room) (activity.Note, error) {
	text := strings.TrimSpace(draft.Text)
	if err := activity.CheckText(text); err != nil && (text != "" || len(draft.Media) == 0) { // a picture needs no words
		return activity.Note{}, err
	}
	if len([]rune(draft.Warning)) > limits.Warning {
		return activity.Note{}, activity.Refuse(activity.Invalid, "long_warning", "a content warning has at most %d characters", limits.Warning)
	}
	title, err := activity.NewTitle(draft.Title)
	if err != nil {
		return activity.Note{}, err
	}
	named, err := c.named(ctx, text, in)
	if err != nil {
		return activity.Note{}, err
	}
	links := map[string]activity.ID{}
	tags := activity.List[activity.Tag]{}
	for handle, a := range named {
		links[handle] = a.Page()
		tags = append(tags, activity.Tag{Type: "Mention", Href: activity.Text(a.ID), Name: activity.Text("@" + c.Handle(a))})
	}
	for _, tag := range activity.Hashtags(text) {
		links["#"+tag] = c.tagPage(tag)
		tags = append(tags, activity.Tag{Type: "Hashtag", Href: activity.Text(c.tagPage(tag)), Name: activity.Text("#" + tag)})
	}
	slices.SortFunc(tags, func(a, b activity.Tag) int { return strings.Compare(a.Type+string(a.Name), b.Type+string(b.Name)) })
	n := activity.Note{Content: activity.Text(activity.Markdown(text, links)), Tag: tags,
		Summary: activity.Text(activity.PlainText(draft.Warning)), Sensitive: activity.Flag(draft.Sensitive || draft.Warning != ""),
		Source: &activity.Source{Content: activity.Text(text), MediaType: "text/markdown"}}
	n.Entitle(title)
	if draft.Language != "" {
		n.ContentMap = map[string]activity.Text{draft.Language: n.Content}
	}
	return n, nil
}

func (c *Composer) tagPage(tag string) activity.ID {
	return activity.ID(c.URL + "/search?q=%23" + tag)
}

// named are the actors that a text names, by the handle as it is written.
// Unknown ones are looked for at their server. Who cannot be found stays text,
// and so does who could not read the post anyway: naming people of another
// company in a group must not carry the post, or the name, out of it. A closed or
// secret group is named nowhere but in itself.
func (c *Composer) named(ctx context.Context, text string, in room) (map[string]store.Actor, error) {
	handles := activity.Handles(text)
	if len(handles) > limits.Mentions {
		return nil, activity.Refuse(activity.Invalid, "many_mentions", "a post names at most %d people", limits.Mentions)
	}
	found := map[string]store.Actor{}
	for _, h := range handles {
		user, host, _ := strings.Cut(strings.TrimPrefix(h, "@"), "@")
		a, err := c.ByHandle(ctx, user, host)
		switch {
		case err == nil && in.holds(a):
			if may, err := c.mayName(ctx, a, in); err != nil {
				return nil, err
			} else if may {
				found[h] = a
			}
		case err != nil && !activity.KindOf(err).Permanent():
			c.log.InfoContext(ctx, "a mention was not resolved", "handle", h, "err", err)
		}
	}
	return found, nil
}

// mayName: in a closed or secret group only its members are called, as far as we know
// them, and it is itself called nowhere else.
func (c *Composer) mayName(ctx context.Context, a store.Actor, in room) (bool, error) {
	if a.IsGroup() || !in.group.Access().Shut() {
		return a.Key == in.group.Key || !a.Access().Shut(), nil
	}
	return c.db.IsMember(ctx, a.Key, in.group.Key)
}

// aim addresses a note. In a group the group alone decides who reads it (FEP-1b12:
// the group in to and in audience; Lemmy: in one for members only, its followers and
// never Public); elsewhere v does, and an answer is as wide as
// what it answers unless v says otherwise.
func aim(me store.Actor, n *activity.Note, v activity.Visibility, parent store.Note, in room) {
	people := slices.Clone(n.Mentions())
	if parent.Key != 0 {
		n.InReplyTo = activity.IDs{parent.ID}
		if author := parent.Note.Author(); author != me.ID && !slices.Contains(people, author) {
			people = append(people, author)
		}
		v = cmp.Or(v, parent.Visibility)
	}
	if in.group.Access().Shut() { // its host passes it on, also to whom it answers
		n.Audience = activity.Audience{To: activity.IDs{in.group.ID, in.group.Followers.ID}, Cc: n.Mentions(), Groups: activity.IDs{in.group.ID}}
		return
	}
	if in.group.Key != 0 {
		n.Audience = activity.Audience{To: activity.IDs{in.group.ID, activity.Public}, Cc: people, Groups: activity.IDs{in.group.ID}}
		return
	}
	n.Audience = activity.NewAudience(cmp.Or(v, activity.VisiblePublic), me.Followers.ID, people...)
}
