package federation

import (
	"context"
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Draft is a post before it is one.
type Draft struct {
	Text       string // Markdown
	Warning    string // shown instead of the text until asked; "" for none
	Sensitive  bool
	Language   string              // BCP 47, "" unknown
	Visibility activity.Visibility // "": public; in a group it is the group's
	ReplyTo    store.Key           // 0: answers nothing
	Group      store.Key           // 0: in no group; an answer stays in the group of what it answers
}

// MaxMentions is how many people one post may name: each one unknown costs a
// request to another server.
const MaxMentions = 20

// MaxWarning is the longest content warning, in runes.
const MaxWarning = 500

// Post publishes what me wrote and gives it back as it is kept. A text that is
// empty or too long is Invalid; a post to answer that me cannot see NotFound; a
// group that me is not in Denied.
func (s *Service) Post(ctx context.Context, me store.Actor, draft Draft) (store.Note, error) {
	key := store.NewKey(s.now())
	n, err := s.compose(ctx, me, draft)
	if err != nil {
		return store.Note{}, err
	}
	n.ID, n.Type, n.AttributedTo, n.Published = s.NoteID(key), "Note", activity.IDs{me.ID}, activity.At(s.now())
	n.URL = activity.IDs{s.NotePage(me, key)}
	if err := s.aim(ctx, me, &n, draft); err != nil {
		return store.Note{}, err
	}
	c, err := create(n)
	if err != nil {
		return store.Note{}, err
	}
	if _, err := s.submit(ctx, me, c); err != nil {
		return store.Note{}, err
	}
	return s.db.Note(ctx, n.ID)
}

// Edit replaces the text of something that me wrote; who gets it stays.
func (s *Service) Edit(ctx context.Context, me store.Actor, old store.Note, draft Draft) (store.Note, error) {
	if old.AuthorKey != me.Key {
		return old, activity.ErrNotFound()
	}
	n, err := s.compose(ctx, me, draft)
	if err != nil {
		return old, err
	}
	edited := old.Note
	edited.Content, edited.ContentMap, edited.Source = n.Content, n.ContentMap, n.Source
	edited.Summary, edited.Sensitive, edited.Tag = n.Summary, n.Sensitive, n.Tag
	edited.Updated = activity.At(s.now())
	u, err := update(old.ID, edited, old.Audience)
	if err != nil {
		return old, err
	}
	if _, err := s.submit(ctx, me, u); err != nil {
		return old, err
	}
	return s.db.Note(ctx, old.ID)
}

// compose makes the document of a draft, addressing apart.
func (s *Service) compose(ctx context.Context, me store.Actor, draft Draft) (activity.Note, error) {
	text := strings.TrimSpace(draft.Text)
	if err := activity.CheckText(text); err != nil {
		return activity.Note{}, err
	}
	if len([]rune(draft.Warning)) > MaxWarning {
		return activity.Note{}, activity.Refuse(activity.Invalid, "long_warning", "a content warning has at most %d characters", MaxWarning)
	}
	named, err := s.named(ctx, me, text)
	if err != nil {
		return activity.Note{}, err
	}
	links := map[string]activity.ID{}
	tags := activity.List[activity.Tag]{}
	for handle, a := range named {
		links[handle] = a.Page()
		tags = append(tags, activity.Tag{Type: "Mention", Href: activity.Text(a.ID), Name: activity.Text("@" + s.Handle(a))})
	}
	for _, tag := range activity.Hashtags(text) {
		links["#"+tag] = s.tagPage(tag)
		tags = append(tags, activity.Tag{Type: "Hashtag", Href: activity.Text(s.tagPage(tag)), Name: activity.Text("#" + tag)})
	}
	slices.SortFunc(tags, func(a, b activity.Tag) int { return strings.Compare(a.Type+string(a.Name), b.Type+string(b.Name)) })
	n := activity.Note{Content: activity.Text(activity.Markdown(text, links)), Tag: tags,
		Summary: activity.Text(activity.PlainText(draft.Warning)), Sensitive: activity.Flag(draft.Sensitive || draft.Warning != ""),
		Source: &activity.Source{Content: activity.Text(text), MediaType: "text/markdown"}}
	if draft.Language != "" {
		n.ContentMap = map[string]activity.Text{draft.Language: n.Content}
	}
	return n, nil
}

func (s *Service) tagPage(tag string) activity.ID {
	return activity.ID(s.URL + "/search?q=%23" + tag)
}

// named are the actors that a text names, by the handle as it is written.
// Unknown ones are looked for at their server; who cannot be found stays text.
func (s *Service) named(ctx context.Context, me store.Actor, text string) (map[string]store.Actor, error) {
	found := map[string]store.Actor{}
	for _, h := range activity.Handles(text) {
		if len(found) == MaxMentions {
			return nil, activity.Refuse(activity.Invalid, "many_mentions", "a post names at most %d people", MaxMentions)
		}
		user, host, _ := strings.Cut(strings.TrimPrefix(h, "@"), "@")
		a, err := s.ByHandle(ctx, user, host)
		switch {
		case err == nil:
			found[h] = a
		case !activity.KindOf(err).Permanent():
			s.log.InfoContext(ctx, "a mention was not resolved", "handle", h, "err", err)
		}
	}
	return found, nil
}

// aim addresses a note: what it answers, the group that it is posted in, who is
// named.
func (s *Service) aim(ctx context.Context, me store.Actor, n *activity.Note, draft Draft) error {
	var people []activity.ID
	for _, id := range n.Mentions() {
		people = append(people, id)
	}
	group := draft.Group
	if draft.ReplyTo != 0 {
		parent, err := s.db.VisibleNote(ctx, draft.ReplyTo, store.Reader{Actor: me.Key})
		if err != nil {
			return err
		}
		n.InReplyTo = activity.IDs{parent.ID}
		group = parent.GroupKey // an answer stays where the question was asked
		if author := parent.Note.Author(); author != me.ID && !slices.Contains(people, author) {
			people = append(people, author)
		}
		if draft.Visibility == "" {
			draft.Visibility = parent.Visibility
		}
	}
	if group == 0 {
		if draft.Visibility == "" {
			draft.Visibility = activity.VisiblePublic
		}
		n.Audience = activity.NewAudience(draft.Visibility, me.Followers.ID, people...)
		return nil
	}
	return s.aimAtGroup(ctx, n, group, people)
}

// aimAtGroup addresses a note to a group, the group alone decides who reads it
// (FEP-1b12: the group in to and in audience).
func (s *Service) aimAtGroup(ctx context.Context, n *activity.Note, key store.Key, people []activity.ID) error {
	group, err := s.db.ActorByKey(ctx, key)
	if err != nil {
		return err
	}
	if !group.IsGroup() {
		return activity.ErrNotFound()
	}
	n.Audience = activity.Audience{To: activity.IDs{group.ID, activity.Public}, Cc: people, Groups: activity.IDs{group.ID}}
	return nil
}
