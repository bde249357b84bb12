package web

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// busyCompany is one where every page has something to show, and the pages.
func busyCompany(t *testing.T) (c *company, alice store.Actor, paths []string) {
	c = newCompany(t)
	alice = c.member("alice", "Alice Martin")
	marc := c.member("marc", "Marc Lefèvre")
	bea := c.partner(activity.Actor{Username: "bea", Name: "Bea", Summary: "<h1>Freight</h1><p>planner", Fields: activity.List[activity.Field]{{Name: "Site", Value: "<b>Göteborg"}}})
	far := c.partner(activity.Actor{Type: "Group", Username: "circle", Name: "Circle"})
	group, err := c.engine.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Atlas", Summary: "To *rail*", Companies: []string{"globex.example", "*"}})
	c.does(err)
	c.joined(store.Membership, bea, group)
	c.joined(store.Follow, alice, bea)
	c.does(c.engine.Follow(t.Context(), marc, alice))
	c.does(c.engine.Follow(t.Context(), alice, marc))
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Membership, Actor: alice.Key, Object: far.Key})
		return err
	})
	n := c.wrote(bea, store.Note{Note: activity.Note{Type: "Question", Name: "A title", Summary: "careful", Content: "<h2>Ein</h2><ul><li>Wort<h5>x", ContentMap: map[string]activity.Text{"de": "<h2>Ein</h2><ul><li>Wort<h5>x"},
		Question:   activity.Question{OneOf: activity.List[activity.PollOption]{{Name: "yes"}}},
		Attachment: activity.List[activity.Attachment]{{Type: "Image", URL: activity.IDs{"https://media.example/a.png"}, Name: "a train"}, {MediaType: "video/mp4", URL: activity.IDs{"https://media.example/b"}}}}})
	for _, d := range []federation.Draft{{Text: "one @bea@globex.example #tag"}, {Text: "two", Group: group.Key}, {Text: "three", ReplyTo: n.Key, Visibility: activity.VisibleUnlisted}, {Text: "four", Visibility: activity.VisibleFollowers}} {
		mine, err := c.engine.Post(t.Context(), alice, d)
		c.does(err)
		if mine.GroupKey == 0 && mine.Visibility == activity.VisiblePublic {
			_, err = c.engine.Boost(t.Context(), marc, mine)
			c.does(err)
		}
		c.does(c.engine.Like(t.Context(), alice, mine))
		paths = append(paths, notePath(alice, mine), notePath(alice, mine)+"/edit", notePath(alice, mine)+"/history")
	}
	answer, err := c.engine.Post(t.Context(), marc, federation.Draft{Text: "and five, @alice", ReplyTo: n.Key, Visibility: activity.VisibleDirect})
	c.does(err)
	c.tx(func(tx *store.Tx) error {
		_, err := tx.PutApp(t.Context(), store.App{ClientID: "app", Secret: []byte("x"), Name: "An app", RedirectURIs: []string{"https://app.example/back"}, Scopes: []string{"read", "write"}})
		return err
	})
	return c, alice, append(paths, notePath(bea, n), notePath(marc, answer), "/home", "/notifications", "/groups", "/search", "/search?q=a", "/search?q=%40a%40b.example", "/search?q=nothing",
		"/@alice", "/@marc", "/@bea@globex.example", "/@circle@globex.example", "/@atlas", "/@atlas/members", "/@circle@globex.example/members",
		"/home?before=1", "/@nobody", "/nowhere", "/oauth/authorize?client_id=app&response_type=code&redirect_uri=https://app.example/back&scope=read+write:statuses", "/oauth/authorize?client_id=none")
}

func TestEveryPageIsWellMadeInBothLanguages(t *testing.T) {
	t.Parallel()
	c, alice, paths := busyCompany(t)
	for _, lang := range []string{"en", "fr"} {
		c.tx(func(tx *store.Tx) error { return tx.SetLocale(t.Context(), alice.Key, lang) })
		member, stranger := c.as(alice), c.browser()
		stranger.header.Set("Accept-Language", lang)
		for _, path := range paths {
			checkPage(t, lang+" "+path, lang, member.get(path))
		}
		for _, path := range []string{"/", "/sign-in", "/nowhere"} {
			checkPage(t, lang+" stranger "+path, lang, stranger.get(path))
		}
		checkPage(t, lang+" wrong password", lang, stranger.post("/sign-in", "login", "alice", "password", "no"))
		member.get("/home")
		for path, form := range map[string][]string{"/home": {"text", "", "visibility", "public"}, "/groups": {"name", "", "company", "globex.example"}, "/@atlas": {"text", ""}, paths[0]: {"text", "", "visibility", "public"}, paths[1]: {"text", ""}, "/@alice/follow": {}} {
			p := member.post(path, form...)
			if p.code != http.StatusBadRequest {
				t.Errorf("%s %v: %d", path, form, p.code)
			}
			checkPage(t, lang+" problem at "+path, lang, p)
		}
	}
}

// checkPage looks for what a reader of the page, or of its code, would trip over.
func checkPage(t *testing.T, name, lang string, p page) {
	t.Helper()
	if p.code >= 500 || p.code == http.StatusSeeOther {
		t.Errorf("%s: %d", name, p.code)
		return
	}
	complain := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: %s", name, fmt.Sprintf(format, args...))
	}
	if m := unfilled.FindString(p.body); m != "" {
		complain("a sentence is missing or unfilled: %s", m)
	}
	checkNesting(p.body, complain)
	doc, ids := p.doc(), map[string]*html.Node{}
	for n := range doc.Descendants() {
		if id, ok := lookUp(n, "id"); ok {
			if ids[id] != nil {
				complain("the id %q is there twice", id)
			}
			ids[id] = n
		}
	}
	landmarks, level := map[string]int{}, 0
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			landmarks[n.Data]++
			checkElement(n, ids, complain)
			level = checkHeading(n, level, complain)
		}
	}
	for _, l := range []string{"main", "footer", "h1", "title"} {
		if want := landmarks[l]; want < 1 || l == "h1" && want > 1 || l == "main" && want > 1 {
			complain("%d %s", want, l)
		}
	}
	if !strings.Contains(p.body, `<html lang="`+lang+`">`) || p.header.Get("Content-Language") != lang {
		complain("it is in another language")
	}
}

var unfilled = regexp.MustCompile(`\{\w+\}|[>"](actor|badge|card|code|compose|consent|count|delete|delivery|edit|fault|file|form|front|groups?|history|home|language|layout|members|month|nav|note|notice|notifications|pager|scope|search|sign_in|time|visibility)\.[a-z_.0-9]+[<"]|%!|ZgotmplZ|&lt;nil&gt;`)

// checkElement looks at one element alone.
func checkElement(n *html.Node, ids map[string]*html.Node, complain func(string, ...any)) {
	if slices.Contains([]string{"script", "style", "iframe", "object", "embed", "base"}, n.Data) {
		complain("there is a <%s>", n.Data)
	}
	for _, a := range n.Attr {
		switch {
		case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
			complain("<%s %s>", n.Data, a.Key)
		case a.Key == "for" || a.Key == "aria-labelledby" || a.Key == "aria-describedby":
			for _, id := range strings.Fields(a.Val) {
				if ids[id] == nil {
					complain("%s=%q leads nowhere", a.Key, id)
				}
			}
		case a.Key == "href" && strings.HasPrefix(a.Val, "#") && ids[a.Val[1:]] == nil:
			complain("href=%q leads nowhere", a.Val)
		}
	}
	switch n.Data {
	case "img":
		if !strings.HasPrefix(attr(n, "src"), "/media/") || attr(n, "alt") == "" {
			complain("<img src=%q alt=%q>", attr(n, "src"), attr(n, "alt"))
		}
	case "input", "textarea", "select":
		if attr(n, "type") != "hidden" && !labelled(n, ids) {
			complain("<%s name=%q> has no label", n.Data, attr(n, "name"))
		}
	case "button", "a", "summary":
		if strings.TrimSpace(spoken(n)) == "" {
			complain("a <%s> says nothing", n.Data)
		}
	case "nav", "section":
		if attr(n, "aria-label") == "" && attr(n, "aria-labelledby") == "" {
			complain("a <%s> has no name", n.Data)
		}
	case "svg":
		if attr(n, "aria-hidden") != "true" {
			complain("a picture is not hidden from who cannot see it")
		}
	case "form":
		if attr(n, "method") == "post" && !hasField(n, "token") {
			complain("the form to %s has no token", attr(n, "action"))
		}
	case "time":
		if _, err := time.Parse(time.RFC3339, attr(n, "datetime")); err != nil {
			complain("%v", err)
		}
	}
}

func checkHeading(n *html.Node, before int, complain func(string, ...any)) int {
	if len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' {
		return before
	}
	level := int(n.Data[1] - '0')
	if level > before+1 {
		complain("<%s> %q follows a heading of level %d", n.Data, strings.TrimSpace(spoken(n)), before)
	}
	if strings.TrimSpace(spoken(n)) == "" {
		complain("an <%s> is empty", n.Data)
	}
	return level
}

func labelled(n *html.Node, ids map[string]*html.Node) bool {
	for p := range n.Ancestors() {
		if p.Data == "label" {
			return true
		}
	}
	root := n
	for p := range n.Ancestors() {
		root = p
	}
	for l := range root.Descendants() {
		if l.Data == "label" && attr(l, "for") == attr(n, "id") && strings.TrimSpace(spoken(l)) != "" {
			return true
		}
	}
	return attr(n, "aria-label") != ""
}

func hasField(form *html.Node, name string) bool {
	for n := range form.Descendants() {
		if n.Data == "input" && attr(n, "name") == name && attr(n, "value") != "" {
			return true
		}
	}
	return false
}

// spoken is the text of an element without what is hidden from screen readers.
func spoken(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	if attr(n, "aria-hidden") == "true" {
		return ""
	}
	text := attr(n, "aria-label") + attr(n, "alt")
	for c := range n.ChildNodes() {
		text += spoken(c)
	}
	return text
}

// checkNesting follows the tags as they are written: a parser would mend them.
func checkNesting(body string, complain func(string, ...any)) {
	void := []string{"meta", "link", "input", "br", "img", "use", "path", "circle", "rect"}
	var open []string
	z := html.NewTokenizer(strings.NewReader(body))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				complain("<%s> is not closed", open[len(open)-1])
			}
			return
		case html.StartTagToken:
			if name, _ := z.TagName(); !slices.Contains(void, string(name)) {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				complain("</%s> closes %v", name, open)
				return
			}
			open = open[:len(open)-1]
		}
	}
}

func TestAPostInAnotherLanguageSaysSo(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	for lang, want := range map[string]string{"de": ` lang="de"`, "en": "", `x" onclick="y`: ""} {
		n := c.wrote(alice, store.Note{Note: activity.Note{Content: "<p>x", ContentMap: map[string]activity.Text{lang: "<p>x"}}})
		c.as(alice).get(notePath(alice, n)).is(http.StatusOK).has(`<div class="text" dir="auto"` + want + `>`)
	}
}

func TestATextThatTheAuthorWroteInTheReadersLanguageIsShown(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	n := c.wrote(alice, store.Note{Note: activity.Note{Content: "<p>Guten Tag", ContentMap: map[string]activity.Text{"de": "<p>Guten Tag", "en": "<p>Good day"}}})
	c.as(alice).get(notePath(alice, n)).has("Good day").hasNot("Guten Tag")
}

func TestTheStylesheetIsKeptUntilItChanges(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	b := c.browser()
	p := b.get(c.web.style()).is(http.StatusOK)
	if p.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || !strings.HasPrefix(p.header.Get("Content-Type"), "text/css") {
		t.Error(p.header)
	}
	if p := b.get("/style.css?v=old"); p.header.Get("Cache-Control") != "no-cache" {
		t.Error(p.header)
	}
	if p := b.get("/favicon.svg"); p.header.Get("Content-Type") != "image/svg+xml" {
		t.Error(p.header)
	}
}
