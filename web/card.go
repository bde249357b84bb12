package web

import (
	"cmp"
	"context"
	"html/template"
	"net/url"
	"runtime/debug"
	"slices"

	"golang.org/x/net/html/atom"
	"golang.org/x/text/language"

	"entente.example/entente/activity"
	"entente.example/entente/federation/media"
	"entente.example/entente/store"
)

// card is a note as it is shown in any list.
type card struct {
	Key     store.Key // of the entry: a note can be on one page twice
	Note    store.Note
	Author  store.Actor
	Booster store.Actor // Key 0: not a boost
	Group   store.Actor // Key 0: in no group
	Topic   activity.Topic
	Sorted  string      // where the discussions of its topic are, "" for none
	Answers store.Actor // whom it answers; Key 0: nobody, or unknown
	Counts  store.Counts
	Body    template.HTML
	Lang    string // "" where it is the reader's, or unknown
	Lead    string // the abstract of an article
	Warning string // what hides the body, "" for nothing
	Files   []file
	Poll    *ballot // nil: none
	Reacted []store.Reacted
	Pages   []file // of an article, event or video: the page that it is about, and where it is read in full
	Mine    bool
	Boosts  bool   // it may be boosted
	Silent  bool   // our company only reads along in its group
	Quoted  *card  // nil: quotes nothing, or nothing that the reader may see as a quote
	Quotes  string // the address of what it quotes without leave, "" for none
	Depth   int    // of an answer in a thread
	IsIt    bool   // it is marked as the answer
	Marks   bool   // the reader may mark it
	Token   string
	Here    string
}

// Path is where the note is read.
func (c card) Path() string { return notePath(c.Author, c.Note) }

func notePath(author store.Actor, n store.Note) string {
	return actorPath(author) + "/" + n.Key.String()
}

// file is something attached. A picture is loaded from here, whoever has it: its host
// would learn who reads, and when. Anything else is linked.
type file struct {
	URL           string
	Host          string
	Alt           string
	Kind          string // image, video, audio, or document
	Picture       string // our own address of a picture, "" for none
	Width, Height int    // of the picture; 0: unknown
}

// cards shows the entries of a timeline, with the same few queries for all of them.
func (w *Web) cards(ctx context.Context, v *visit, entries []store.Entry) ([]card, error) {
	cs, err := w.plainCards(ctx, v, entries)
	if err == nil {
		err = w.quote(ctx, v, cs)
	}
	return cs, err
}

// plainCards leaves out what is quoted.
func (w *Web) plainCards(ctx context.Context, v *visit, entries []store.Entry) ([]card, error) {
	notes, parents, polls := asks(entries)
	answered, err := w.db.VisibleNotes(ctx, parents, v.viewer.Reader())
	if err != nil {
		return nil, err
	}
	actors, err := w.db.ActorsFor(ctx, v.me().Key, shown(entries, answered)...)
	if err != nil {
		return nil, err
	}
	counts, err := w.db.Counts(ctx, v.me().Key, notes...)
	if err != nil {
		return nil, err
	}
	if v.links, err = w.engine.Media().Links(ctx, v.me().Key); err != nil {
		return nil, err
	}
	votes, reacted, err := w.opinions(ctx, v, polls, counts)
	if err != nil {
		return nil, err
	}
	var cs []card
	for _, e := range entries {
		if counts[e.Note.Key].Outside {
			e.Note, reacted[e.Note.Key] = e.Note.Bare(), nil
		}
		c := w.guarded(v, e.Note, w.card)
		c.Key, c.Author, c.Booster, c.Group, c.Counts = e.Key, actors[e.Note.AuthorKey], actors[e.Booster], actors[e.Note.GroupKey], counts[e.Note.Key]
		c.Topic, c.Sorted = topicIn(c.Group, c.Note)
		c.Answers, c.Reacted = actors[answered[e.Note.ReplyTo].AuthorKey], reacted[e.Note.Key]
		c.Silent = w.falls(c.Group, activity.Comments) != ""
		c.Poll = w.ballot(v, c, votes[e.Note.Key])
		cs = append(cs, c)
	}
	return cs, nil
}

// asks is what is looked up for these entries: their notes, what those answer, the polls.
func asks(entries []store.Entry) (notes, parents, polls []store.Key) {
	for _, e := range entries {
		notes = append(notes, e.Note.Key)
		if e.Note.ReplyTo != 0 {
			parents = append(parents, e.Note.ReplyTo)
		}
		if e.Note.IsPoll() {
			polls = append(polls, e.Note.Key)
		}
	}
	return notes, parents, polls
}

// opinions are the reader's votes in these polls, and the emoji beside the notes that
// somebody has reacted to.
func (w *Web) opinions(ctx context.Context, v *visit, polls []store.Key, counts map[store.Key]store.Counts) (votes map[store.Key][]int, reacted map[store.Key][]store.Reacted, err error) {
	if votes, err = w.db.OwnVotes(ctx, v.me().Key, polls...); err != nil {
		return nil, nil, err
	}
	var notes []store.Key
	for note, c := range counts {
		if c.Reacted {
			notes = append(notes, note)
		}
	}
	reacted, err = w.db.Reactions(ctx, v.me().Key, notes...)
	return votes, reacted, err
}

// guarded makes one card. In the place of one that cannot be made stands a sentence,
// and it is logged and counted: whatever is in its row, the rest of the page is there
// (CVE-2026-50129).
func (w *Web) guarded(v *visit, n store.Note, make func(*visit, store.Note) card) (c card) {
	defer func() {
		if defect := recover(); defect != nil {
			w.Defect()
			w.log.Error("a note cannot be shown", "note", n.Key, "defect", defect, "stack", string(debug.Stack()))
			bare := store.Note{Key: n.Key, AuthorKey: n.AuthorKey, Local: n.Local, ReplyTo: n.ReplyTo, ThreadKey: n.ThreadKey, GroupKey: n.GroupKey, Visibility: n.Visibility}
			c = card{Note: bare, Lead: v.book.say("card.broken"), Token: v.token(), Here: v.here()}
		}
	}()
	return make(v, n)
}

// withoutGroup leaves out of cards what the page says already.
func withoutGroup(cards []card) {
	for i := range cards {
		cards[i].Group = store.Actor{}
	}
}

// shown are all actors that the cards of these entries name.
func shown(entries []store.Entry, answered map[store.Key]store.Note) []store.Key {
	var keys []store.Key
	for _, e := range entries {
		keys = append(keys, e.Note.AuthorKey, e.Booster, e.Note.GroupKey, answered[e.Note.ReplyTo].AuthorKey)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// card is what a note alone says of its card.
func (w *Web) card(v *visit, n store.Note) card {
	text, lang := string(n.Content), n.Language()
	if own, ok := n.ContentMap[v.book.lang]; ok {
		text, lang = string(own), v.book.lang
	}
	c := card{Note: n, Body: w.body(text, n.Tag, atom.H3), Files: filesOf(n, v.links), Mine: n.AuthorKey == v.me().Key,
		Boosts: n.GroupKey == 0 && n.Visibility.Wide(),
		Token:  v.token(), Here: v.here()}
	if n.IsArticle() && !n.Local {
		c.Pages = pagesOf(n)
	}
	if tag, err := language.Parse(lang); err == nil && lang != v.book.lang {
		c.Lang = tag.String()
	}
	switch summary := activity.PlainText(string(n.Summary)); {
	case summary != "" && (bool(n.Sensitive) || !n.IsArticle()):
		c.Warning = summary
	case bool(n.Sensitive):
		c.Warning = v.book.say("card.sensitive")
	default:
		c.Lead = summary
	}
	return c
}

// here is an address of ours without our name, as it is on this page.
func here(address string) string {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return ""
	}
	return u.RequestURI()
}

// pagesOf are the pages that a note of others leads to.
func pagesOf(n store.Note) []file {
	var pages activity.List[activity.Attachment]
	for _, at := range slices.Compact(activity.IDs{n.Link(), n.Page()}) {
		pages = append(pages, activity.Attachment{URL: activity.IDs{at}})
	}
	return filesOf(store.Note{Note: activity.Note{Attachment: pages}}, media.Links{})
}

func filesOf(n store.Note, links media.Links) []file {
	var files []file
	for i, a := range n.Files() {
		at, err := a.URL.First().URL()
		if err != nil {
			continue
		}
		host, err := activity.ShownHost(at.Host)
		if err != nil {
			continue
		}
		files = append(files, file{URL: at.String(), Host: host, Alt: activity.PlainText(string(a.Name)), Kind: cmp.Or(a.Kind(), "document"),
			Picture: here(links.Of(n, i)), Width: int(a.Width), Height: int(a.Height)})
	}
	return files
}
