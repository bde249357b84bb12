package activity_test

import (
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"entente.example/entente/activity"
)

// What is found is kept in testdata/fuzz.

func seeds(f *testing.F, more ...string) {
	f.Helper()
	for _, s := range append(more, `{"id":"https://a.example/1","type":"Note","attributedTo":"https://a.example/u","content":"<p>x</p>","to":"as:Public"}`,
		`{"id":"https://a.example/u","type":"Person","preferredUsername":"u","inbox":"https://a.example/u/inbox","icon":[{"url":"https://a.example/i.png"}]}`,
		`{"id":"https://a.example/2","type":["Question","x"],"actor":"https://a.example/u","oneOf":[{"name":"a","replies":{"totalItems":1}}],"closed":true,"tag":[{"type":"Emoji","name":":x:","icon":{"url":"https://a.example/x"}}]}`,
		`{"id":"https://a.example/3","type":"Video","attributedTo":["https://a.example/u"],"url":[{"href":"https://a.example/w","tag":[{"href":"https://a.example/v","mediaType":"video/mp4","height":720}]}],"contentMap":{"fr":"x","en":"y"}}`,
		`{"a":[1,-2.5e3,true,null,"\u0041\\",{"b":[]}]}`, `[`, `{"id":`, `"`, "\x00", `{"ID":1,"id":2}`, strings.Repeat(`[`, 100)) {
		f.Add(s)
	}
}

// harmless says whether an HTML parser finds nothing that runs or loads.
func harmless(t *testing.T, kept string) {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(kept), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return // too deep: shown as plain text
	}
	for _, root := range nodes {
		for n := range root.Descendants() {
			inspect(t, n)
		}
		inspect(t, root)
	}
}

const kept = " p br span a abbr del s pre blockquote code b strong u sub sup i em h1 h2 h3 h4 h5 ul ol li ruby rt rp html head body tbody "

func inspect(t *testing.T, n *html.Node) {
	t.Helper()
	if n.Type == html.CommentNode || n.Type == html.ElementNode && !strings.Contains(kept, " "+n.Data+" ") {
		t.Fatalf("<%s> is let through", n.Data)
	}
	for _, a := range n.Attr {
		scheme, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(a.Val)), ":")
		switch {
		case !strings.Contains(" class href rel start reversed ", " "+a.Key+" "):
			t.Fatalf("the attribute %s is let through", a.Key)
		case a.Key == "href" && strings.Contains(" javascript data vbscript file blob ", " "+strings.Map(printable, scheme)+" "):
			t.Fatalf("a link to %q is let through", a.Val)
		}
	}
}

func printable(r rune) rune {
	if r <= ' ' {
		return -1
	}
	return r
}

func FuzzSanitise(f *testing.F) {
	for _, s := range []string{"<p>x</p>", "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">", "<svg/onload=x>",
		"<a href=\" java\nscript:x\">", "<a href='https://x' rel=me class='u-url x' onclick=1>", strings.Repeat("<blockquote>", 700), "<p", "<!--", "<![CDATA[x]]>",
		"<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<plaintext><textarea><xmp>", "\xff<\x00b>", "<ol start=\"\" reversed>", "&#x3c;script&#x3e;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := activity.Sanitise(s)
		harmless(t, once)
		harmless(t, activity.RevealAll(once))
		if strings.ContainsAny(html.EscapeString(activity.PlainText(s)), "<>") {
			t.Fatal("plain text is not plain when it is shown")
		}
	})
}

func FuzzReadNote(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw string) {
		n, err := activity.ReadNote(json.RawMessage(raw))
		if err != nil {
			faulty(t, err)
			return
		}
		harmless(t, string(n.Content))
		if n.Author() == "" || len(n.Options()) > 50 || len(n.Attachment) > 50 || len(n.Hashtags()) > 100 || len(activity.Emojis(n.Tag)) > 100 {
			t.Fatalf("read as %+v", n)
		}
		b, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		var again activity.Note
		if err := json.Unmarshal(b, &again); err != nil || !again.Says(n) {
			t.Fatalf("kept as %s: %v", b, err)
		}
	})
}

func FuzzReadActor(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw string) {
		a, err := activity.ReadActor(json.RawMessage(raw))
		if err != nil {
			faulty(t, err)
			return
		}
		harmless(t, string(a.Summary))
		if !activity.SameOrigin(a.ID, a.Inbox.ID) {
			t.Fatalf("read as %+v", a)
		}
		if b, err := json.Marshal(a); err != nil || json.Unmarshal(b, &a) != nil {
			t.Fatalf("kept as %s: %v", b, err)
		}
	})
}

func FuzzDocument(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw string) {
		err := activity.CheckDocument([]byte(raw))
		if err != nil {
			faulty(t, err)
			return
		}
		var o map[string]any
		d := json.NewDecoder(strings.NewReader(raw))
		d.UseNumber() // 1e9999 is JSON, and nothing here reads numbers as they come
		if d.Decode(&o) != nil || o == nil {
			t.Fatalf("%q passes and is no object", raw)
		}
		for _, name := range []string{"@graph", "@included", "@reverse", "ID", "Type"} {
			if _, ok := o[name]; ok {
				t.Fatalf("%s passes", name)
			}
		}
	})
}

// faulty: what cannot be read is the sender's fault, and has a reason.
func faulty(t *testing.T, err error) {
	t.Helper()
	if k := activity.KindOf(err); !k.Permanent() || activity.FaultOf(err).Reason == "" {
		t.Fatalf("refused by %v", err)
	}
}
