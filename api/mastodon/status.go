package mastodon

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

type statusPath struct {
	ID store.Key `path:"id"`
}

// entry finds what an id stands for: a note, or a boost of one. Both answer
// NotFound when the note is missing or not for the viewer.
func (a *API) entry(ctx context.Context, me store.Viewer, id store.Key) (store.Entry, error) {
	n, err := a.db.VisibleNote(ctx, id, me.Reader())
	if err == nil || activity.KindOf(err) != activity.NotFound {
		return store.Entry{Key: n.Key, Note: n}, err
	}
	boost, err := a.db.EdgeByKey(ctx, id)
	if err == nil && boost.Kind != store.Boost {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return store.Entry{}, err
	}
	n, err = a.db.VisibleNote(ctx, boost.Object, me.Reader())
	return store.Entry{Key: boost.Key, Note: n, Booster: boost.Actor}, err
}

// inside is entry; false: of what has become of the note the viewer is told nothing, for
// they are not in the shut group that it is in.
func (a *API) inside(ctx context.Context, me store.Viewer, id store.Key) (store.Entry, bool, error) {
	e, err := a.entry(ctx, me, id)
	if err != nil {
		return e, false, err
	}
	isOutside, err := a.db.IsOutside(ctx, me.Actor.Key, e.Note)
	return e, !isOutside, err
}

// note shows a note as it is now.
func (a *API) note(ctx context.Context, me store.Viewer, key store.Key) (entity.Status, error) {
	n, err := a.db.VisibleNote(ctx, key, me.Reader())
	if err != nil {
		return entity.Status{}, err
	}
	return a.status(ctx, me, store.Entry{Key: n.Key, Note: n})
}

func (a *API) getStatus(ctx context.Context, me store.Viewer, in statusPath) (entity.Status, error) {
	e, err := a.entry(ctx, me, in.ID)
	if err != nil {
		return entity.Status{}, err
	}
	return a.status(ctx, me, e)
}

// text is what an author writes, new or edited.
type text struct {
	Status    string      `param:"status"`
	Title     string      `param:"title"` // ours
	Warning   string      `param:"spoiler_text"`
	Sensitive bool        `param:"sensitive"`
	Language  string      `param:"language"`
	Media     []store.Key `param:"media_ids"`
}

var language = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$`)

// check refuses (Invalid) what would be lost or is not a post. The warning counts
// towards the length, as in Mastodon.
func (t text) check() error {
	switch {
	case t.Language != "" && !language.MatchString(t.Language):
		return activity.Refuse(activity.Invalid, "bad_language", "language is a code such as en or fr-CA")
	case t.Status == "" && len(t.Media) == 0:
		return activity.CheckText("")
	case t.Warning+t.Status == "":
		return nil
	}
	return activity.CheckText(t.Warning + t.Status)
}

func (t text) draft() federation.Draft {
	return federation.Draft{Text: t.Status, Title: t.Title, Warning: t.Warning, Sensitive: t.Sensitive, Language: t.Language, Media: t.Media}
}

type newStatus struct {
	text
	Key         string    `header:"Idempotency-Key"`
	ReplyTo     store.Key `param:"in_reply_to_id"`
	Quoted      store.Key `param:"quoted_status_id"`
	Quotable    string    `param:"quote_approval_policy"`
	Group       store.Key `param:"group_id"`
	Topic       string    `param:"topic"` // ours
	Visibility  string    `param:"visibility"`
	ScheduledAt string    `param:"scheduled_at"`
	newPoll
}

// once is the word under which this makes one post: that of the client for its
// Idempotency-Key, which may be as long as a header. "": there is none.
func (in newStatus) once(me store.Viewer) string {
	if in.Key == "" {
		return ""
	}
	return fmt.Sprintf("%d %x", me.App, store.Hash(in.Key))
}

// post publishes a status, or keeps it until scheduled_at: then it answers with the
// scheduled one. The same Idempotency-Key is the same post for an hour, whatever
// would be said to a new one.
func (a *API) post(ctx context.Context, me store.Viewer, in newStatus) (any, error) {
	key, err := a.make(ctx, me, in)
	if once := in.once(me); once != "" && err != nil && activity.KindOf(err).Permanent() {
		if made, unmade := a.db.Made(ctx, me.Actor.Key, once); unmade == nil {
			key, err = made, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if in.ScheduledAt != "" {
		return a.scheduled(ctx, me, key)
	}
	return a.note(ctx, me, key)
}

func (a *API) make(ctx context.Context, me store.Viewer, in newStatus) (store.Key, error) {
	draft, err := a.draft(ctx, me, in)
	if err != nil {
		return 0, err
	}
	if in.ScheduledAt != "" {
		d, err := a.schedule(ctx, me, draft, in.ScheduledAt)
		return d.Key, err
	}
	n, err := a.engine.Post(ctx, me.Actor, draft)
	return n.Key, err
}

// draft is the post that was asked for.
func (a *API) draft(ctx context.Context, me store.Viewer, in newStatus) (federation.Draft, error) {
	draft := in.draft()
	draft.Visibility, draft.Group, draft.Topic = activity.Visibility(in.Visibility), in.Group, in.Topic
	draft.Poll, draft.Once = in.poll(), in.once(me)
	if err := in.check(); err != nil {
		return draft, err
	}
	if in.HideTotals {
		return draft, activity.Refuse(activity.Invalid, "no_hidden_totals", "the votes of a poll are seen by everybody who sees the poll")
	}
	switch draft.Visibility {
	case "", activity.VisiblePublic, activity.VisibleUnlisted, activity.VisibleFollowers, activity.VisibleDirect:
	default:
		return draft, activity.Refuse(activity.Invalid, "bad_visibility", "visibility is public, unlisted, private or direct")
	}
	if draft.Quotable = in.Quotable; !slices.Contains([]string{"", "public", "followers", "nobody"}, in.Quotable) {
		return draft, activity.Refuse(activity.Invalid, "bad_quote_policy", "quote_approval_policy is public, followers or nobody")
	}
	if in.Group != 0 { // a secret one is as one that there is not
		if _, err := a.group(ctx, me, in.Group); err != nil {
			return draft, err
		}
	}
	if in.Quoted != 0 {
		e, err := a.entry(ctx, me, in.Quoted)
		if err != nil {
			return draft, err
		}
		draft.Quote = e.Note.Key // of a boost: what it boosts
	}
	var asked store.Note
	if in.ReplyTo != 0 {
		e, err := a.entry(ctx, me, in.ReplyTo)
		if err != nil {
			return draft, err
		}
		asked, draft.ReplyTo = e.Note, e.Note.Key
	}
	return draft, a.checkGroup(ctx, draft, asked)
}

// checkGroup refuses (Invalid) what its author wants fewer people to read than
// the group that it would be in.
func (a *API) checkGroup(ctx context.Context, draft federation.Draft, asked store.Note) error {
	in := store.Note{GroupKey: draft.Group, Visibility: activity.VisiblePublic}
	if draft.ReplyTo != 0 {
		in = asked // an answer stays in the group of what it answers
	}
	if in.GroupKey == 0 {
		return nil
	}
	hosted, err := a.db.Groups(ctx, []store.Key{in.GroupKey})
	if err != nil {
		return err
	}
	isOpen := shownVisibility(in, hosted) == activity.VisiblePublic
	if draft.Visibility == activity.VisibleDirect || draft.Visibility == activity.VisibleFollowers && isOpen {
		return activity.Refuse(activity.Invalid, "seen_by_group", "what is posted in a group can be read by the whole group; to write to fewer people, start a new post outside it")
	}
	return nil
}

// own is a note that me wrote, else NotFound.
func (a *API) own(ctx context.Context, me store.Viewer, id store.Key) (store.Note, error) {
	n, err := a.db.VisibleNote(ctx, id, me.Reader())
	if err == nil && n.AuthorKey != me.Actor.Key {
		err = activity.ErrNotFound()
	}
	return n, err
}

func (a *API) edit(ctx context.Context, me store.Viewer, in struct {
	statusPath
	text
}) (entity.Status, error) {
	n, err := a.own(ctx, me, in.ID)
	if err != nil {
		return entity.Status{}, err
	}
	if err := in.check(); err != nil {
		return entity.Status{}, err
	}
	draft := in.draft()
	draft.Title = cmp.Or(draft.Title, string(n.Name)) // other apps do not know it
	if _, err := a.engine.Edit(ctx, me.Actor, n, draft); err != nil {
		return entity.Status{}, err
	}
	return a.note(ctx, me, n.Key)
}

// delete removes what me wrote and gives it back with its text, to be written
// anew. The id of a boost of mine takes that boost back.
func (a *API) delete(ctx context.Context, me store.Viewer, in statusPath) (entity.Status, error) {
	e, err := a.entry(ctx, me, in.ID)
	if err != nil {
		return entity.Status{}, err
	}
	isBoost := e.Booster != 0
	if isBoost && e.Booster != me.Actor.Key || !isBoost && e.Note.AuthorKey != me.Actor.Key {
		return entity.Status{}, activity.ErrNotFound()
	}
	shown, err := a.status(ctx, me, e)
	if err != nil {
		return entity.Status{}, err
	}
	if isBoost {
		return shown, a.engine.Unboost(ctx, me.Actor, e.Note)
	}
	typed := sourceText(e.Note)
	shown.Text = &typed
	return shown, a.engine.Delete(ctx, me.Actor, e.Note)
}

func (a *API) source(ctx context.Context, me store.Viewer, in statusPath) (entity.StatusSource, error) {
	e, err := a.entry(ctx, me, in.ID)
	return entity.StatusSource{ID: e.Note.Key, Text: sourceText(e.Note), SpoilerText: activity.PlainText(string(e.Note.Summary))}, err
}

// sourceText is what the author typed, if that is one of ours, else the text without its
// markup: what another server calls a source may be anything.
func sourceText(n store.Note) string {
	if n.Local && n.Source != nil && n.Source.Content != "" {
		return string(n.Source.Content)
	}
	return activity.PlainText(string(n.Content))
}
