package activity_test

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
)

func TestForeignHTMLNeitherRunsNorLoadsNorDeceives(t *testing.T) {
	t.Parallel()
	for sent, bad := range map[string]string{
		`<script>alert(1)</script>`:                              "script",
		`<p onclick="alert(1)">x</p>`:                            "onclick",
		`<a href="javascript:alert(1)">x</a>`:                    "javascript",
		`<a href=" java&#x0a;script:alert(1)">x</a>`:             "href",
		`<img src=x onerror=alert(1)>`:                           "img",
		`<svg><script>alert(1)</script></svg>`:                   "svg",
		`<iframe src="https://evil.example">`:                    "iframe",
		`<p style="position:fixed">x</p>`:                        "style",
		`<math><mtext><img src=x onerror=alert(1)>`:              "img",
		`<a href="data:text/html,<script>alert(1)</script>">x`:   "data:",
		`<form action="https://evil.example"><input></form>`:     "form",
		`<p class="site-header">x</p>`:                           "site-header",
		`<style>*{display:none}</style>`:                         "display",
		`<p><![CDATA[<script>alert(1)</script>]]>`:               "<script",
		"<scr\x00ipt>alert(1)</script>":                          "<scr",
		`<noscript><p title="</noscript><img src=x onerror=1>">`: "<img",
	} {
		if got := activity.Sanitise(sent); strings.Contains(got, bad) {
			t.Errorf("%q became %q", sent, got)
		}
	}
	const good = `<p>hello <span class="h-card"><a href="https://a.example/@x" class="u-url mention" rel="nofollow noreferrer">@<span>x</span></a></span></p>`
	if got := activity.Sanitise(good); got != good {
		t.Errorf("what is harmless became %q", got)
	}
}

func TestWhatOurPeopleTypeBecomesHTML(t *testing.T) {
	t.Parallel()
	links := map[string]activity.ID{"@bea@globex.example": "https://globex.example/@bea", "#atlas": "https://acme.example/search?q=%23atlas"}
	for typed, want := range map[string]string{
		"hello **all**":                  `<p>hello <strong>all</strong></p>`,
		"one\ntwo":                       "<p>one<br/>\ntwo</p>",
		"<script>alert(1)</script>":      ``,
		"a < b && c":                     `<p>a &lt; b &amp;&amp; c</p>`,
		"`@bea@globex.example`":          `<p><code>@bea@globex.example</code></p>`,
		"mail bea@globex.example please": `mailto`,
	} {
		got := activity.Markdown(typed, links)
		if typed == "mail bea@globex.example please" {
			if strings.Contains(got, "mention") {
				t.Errorf("a mail address became a mention: %q", got)
			}
			continue
		}
		if strings.ReplaceAll(got, "<br>", "<br/>") != want {
			t.Errorf("%q became %q, want %q", typed, got, want)
		}
	}
	got := activity.Markdown("hi @bea@globex.example, see #atlas", links)
	for _, handle := range []string{"@threadiverse-wg@nodebb.example", "@jk.b.example@bridge.example", "@\u0438\u0432\u0430\u043d@lemmy.example"} {
		user, _, _ := strings.Cut(handle[1:], "@")
		if got := activity.Markdown("hi "+handle+", ho", map[string]activity.ID{handle: "https://x.example/"}); !strings.Contains(got, `<a href="https://x.example/" class="u-url mention"`) || !strings.Contains(got, "@<span>"+user+"</span></a></span>, ho") {
			t.Errorf("%q", got)
		}
	}
	for _, want := range []string{`href="https://globex.example/@bea"`, `class="u-url mention"`, `@<span>bea</span>`, `href="https://acme.example/search?q=%23atlas"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

func TestHandlesAndHashtagsAreFoundInText(t *testing.T) {
	t.Parallel()
	got := activity.Handles("@alice, (@bea@globex.example) @bea@globex.localhost:8081! x@y.example https://a.example/@eve @alice")
	if strings.Join(got, " ") != "@alice @bea@globex.example @bea@globex.localhost:8081" {
		t.Errorf("handles %q", got)
	}
	got = activity.Handles("@threadiverse-wg@nodebb.example @jk.b.example@bridge.example @\u0438\u0432\u0430\u043d@lemmy.example, @alice-bob @alice. jos\u00e9@firma.example @-a@globex.example")
	if want := "@threadiverse-wg@nodebb.example @jk.b.example@bridge.example @\u0438\u0432\u0430\u043d@lemmy.example @alice"; strings.Join(got, " ") != want {
		t.Errorf("handles %q", got)
	}
	if got := activity.Hashtags("#été and #1 and a#b #x_1 https://a.example/#y"); strings.Join(got, " ") != "été x_1" {
		t.Errorf("hashtags %q", got)
	}
}

func TestNamesLoseTheirMarkup(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{"<b>Bea</b> &amp; co": "Bea & co", " plain ": "plain", "<script>x</script>Bea": "Bea"} {
		if got := activity.PlainText(sent); got != want {
			t.Errorf("%q became %q", sent, got)
		}
	}
}

// What is shown is sanitised whenever it is asked for, remembered or not.
func TestShownIsSanitised(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<p>a</p>", 2000)
	for _, text := range []string{"", `<p onclick="x()">a<script>x()</script></p>`, `<p><a href="https://evil.example/">good.example</a></p>`, long + "<script>x()</script>"} {
		for range 3 {
			if got, want := activity.Shown(text), activity.RevealAll(activity.Sanitise(text)); got != want || strings.Contains(got, "x()") {
				t.Fatalf("%.80q is shown as %.80q, not as %.80q", text, got, want)
			}
		}
	}
}
