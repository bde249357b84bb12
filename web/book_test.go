package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"entente.example/entente/activity"
	"entente.example/entente/store/grant"
)

func books(t *testing.T) (en, fr *book) {
	t.Helper()
	bs, err := readBooks()
	if err != nil {
		t.Fatal(err)
	}
	return bs[0], bs[1]
}

// literals are all strings in the package's code and templates.
func literals(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for n := range ast.Preorder(source) {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				s, err := strconv.Unquote(l.Value)
				if err != nil {
					t.Fatal(err)
				}
				found[s] = true
			}
		}
	}
	quoted := regexp.MustCompile(`"([^"]*)"`)
	for _, text := range templates(t) {
		for _, action := range action.FindAllString(text, -1) {
			for _, m := range quoted.FindAllStringSubmatch(action, -1) {
				found[m[1]] = true
			}
		}
	}
	return found
}

var action = regexp.MustCompile(`\{\{[^}]*\}\}`)

func templates(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := templateFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = string(b)
	}
	return found
}

func TestBothBooksSayTheSame(t *testing.T) {
	t.Parallel()
	en, fr := books(t)
	braces := regexp.MustCompile(`\{\w+\}`)
	places := func(s string) string {
		found := braces.FindAllString(s, -1)
		slices.Sort(found)
		return strings.Join(found, "")
	}
	for _, key := range slices.Sorted(maps.Keys(en.sentences)) {
		e, f := en.sentences[key], fr.sentences[key]
		if f.Other == "" || f.One == "" || e.Other == "" || e.One == "" {
			t.Errorf("%s is missing in a book", key)
		}
		if places(e.One) != places(f.One) || places(e.Other) != places(f.Other) || places(e.One) != places(e.Other) {
			t.Errorf("%s has other places to fill in: %v, %v", key, e, f)
		}
		if strings.Contains(e.Other, "{n}") && e.One == e.Other {
			t.Errorf("%s has no plural", key)
		}
	}
	for key := range fr.sentences {
		if _, ok := en.sentences[key]; !ok {
			t.Errorf("%s is only in the French book", key)
		}
	}
}

func TestEverySentenceIsUsed(t *testing.T) {
	t.Parallel()
	en, _ := books(t)
	used := literals(t)
	begins := func(key string) bool {
		for i, r := range key {
			if r == '.' && used[key[:i+1]] {
				return true
			}
		}
		return false
	}
	for _, key := range slices.Sorted(maps.Keys(en.sentences)) {
		if !used[key] && !begins(key) {
			t.Errorf("nothing says %s", key)
		}
	}
}

func TestEverySentenceThatIsAskedForIsThere(t *testing.T) {
	t.Parallel()
	en, _ := books(t)
	asked := map[string]bool{}
	inTemplate := regexp.MustCompile(`\b[tn] "([^"]+)"`)
	for _, text := range templates(t) {
		for _, m := range inTemplate.FindAllStringSubmatch(text, -1) {
			asked[m[1]] = true
		}
	}
	for _, scope := range grant.Scopes() {
		if deed, of, narrow := strings.Cut(scope, ":"); narrow {
			asked["scope."+deed+".some"], asked["scope.of."+of] = true, true
		} else {
			asked["scope."+scope] = true
		}
	}
	for _, v := range visibilities() {
		asked["visibility."+string(v)], asked["visibility."+string(v)+".short"] = true, true
	}
	for k := activity.Internal; k <= activity.Later; k++ {
		if k != activity.Gone { // shown as NotFound
			asked["fault.title."+strconv.Itoa(k.Status())] = true
		}
	}
	for _, kind := range []string{"favourite", "reblog", "follow", "follow_request", "update", "mention"} {
		asked["notice."+kind] = true
	}
	for key := range literals(t) {
		if sentenceKey.MatchString(key) && !strings.HasSuffix(key, ".html") && !strings.HasSuffix(key, ".json") {
			asked[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		if _, ok := en.sentences[key]; !ok {
			t.Errorf("no book has %s", key)
		}
	}
}

var sentenceKey = regexp.MustCompile(`^(actor|card|compose|consent|count|edit|fault|form|front|groups?|home|layout|members|note|notifications|search|sign_in|time)\.[a-z_.]*[a-z]$`)

func TestTemplatesSpeakOnlyThroughTheBooks(t *testing.T) {
	t.Parallel()
	for name, text := range templates(t) {
		z := html.NewTokenizer(strings.NewReader(action.ReplaceAllString(text, "")))
		for z.Next() != html.ErrorToken {
			token := z.Token()
			if token.Type == html.TextToken && strings.ContainsFunc(strings.ReplaceAll(token.Data, "Entente", ""), unicode.IsLetter) {
				t.Errorf("%s says %q", name, strings.TrimSpace(token.Data))
			}
			for _, a := range token.Attr {
				if slices.Contains([]string{"title", "alt", "placeholder", "aria-label", "aria-description"}, a.Key) && strings.ContainsFunc(a.Val, unicode.IsLetter) {
					t.Errorf("%s says %q in %s", name, a.Val, a.Key)
				}
			}
		}
	}
}

func TestNumbersAreRightInBothLanguages(t *testing.T) {
	t.Parallel()
	en, fr := books(t)
	for _, tc := range []struct {
		n      int
		en, fr string
	}{
		{0, "0 followers", "0 abonné"},
		{1, "1 follower", "1 abonné"},
		{2, "2 followers", "2 abonnés"},
		{1234567, "1,234,567 followers", "1\u202f234\u202f567 abonnés"},
	} {
		if got := en.count("count.followers", tc.n); got != tc.en {
			t.Errorf("%q, want %q", got, tc.en)
		}
		if got := fr.count("count.followers", tc.n); got != tc.fr {
			t.Errorf("%q, want %q", got, tc.fr)
		}
	}
}

func TestTimesAreRightInBothLanguages(t *testing.T) {
	t.Parallel()
	en, fr := books(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		ago    time.Duration
		en, fr string
	}{
		{-time.Hour, "just now", "à l’instant"}, // a partner's clock
		{30 * time.Second, "just now", "à l’instant"},
		{time.Minute, "1 minute ago", "il y a 1 minute"},
		{119 * time.Minute, "1 hour ago", "il y a 1 heure"},
		{50 * time.Hour, "2 days ago", "il y a 2 jours"},
		{22 * 24 * time.Hour, "1 November 2026", "1er novembre 2026"},
	} {
		if got := en.ago(now, now.Add(-tc.ago)); got != tc.en {
			t.Errorf("%q, want %q", got, tc.en)
		}
		if got := fr.ago(now, now.Add(-tc.ago)); got != tc.fr {
			t.Errorf("%q, want %q", got, tc.fr)
		}
	}
	if got := fr.moment(now); got != "23 novembre 2026 à 12:00 UTC" {
		t.Error(got)
	}
}

func TestTheLanguageIsTheFirstWishThatWeHave(t *testing.T) {
	t.Parallel()
	w := &Web{}
	w.books, _ = readBooks()
	for _, tc := range []struct {
		wishes []string
		want   string
	}{
		{nil, "en"},
		{[]string{"", "", "fr"}, "fr"},
		{[]string{"fr", "en"}, "fr"},
		{[]string{"de", "", "fr-BE,fr;q=0.9"}, "fr"},
		{[]string{"", "", "de-AT, ja;q=0.9"}, "en"},
		{[]string{"", "xx-!!", ";;;;"}, "en"},
		{[]string{"", "", strings.Repeat("fr-", 5000)}, "en"},
	} {
		if got := w.choose(tc.wishes...).lang; got != tc.want {
			t.Errorf("%.60q: %s, want %s", tc.wishes, got, tc.want)
		}
	}
}

func TestARefusalIsExplainedInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	_, fr := books(t)
	if got := fr.explain(activity.FaultOf(activity.CheckText(""))); got != "Écrivez d’abord un texte." {
		t.Error(got)
	}
	if got := fr.explain(activity.FaultOf(activity.Refuse(activity.Denied, "brand_new", "the words of who refused"))); got != "the words of who refused" {
		t.Error(got)
	}
}

// What is put into a sentence is put in once: no name can be a place for another one.
func TestASentenceIsFilledOnce(t *testing.T) {
	t.Parallel()
	en, _ := books(t)
	for form, want := range map[string]string{"{a} and {b}": "{b} and x", "{a": "{a", "{c}{a}": "{c}{b}", "none": "none"} {
		if got := en.fill("key", form, []any{"a", "{b}", "b", "x"}); got != want {
			t.Errorf("%q is filled as %q", form, got)
		}
	}
}

// A sentence that is put into a template when it is parsed is text there, as it is where it
// is put in when the page is made.
func TestASentenceInATemplateIsText(t *testing.T) {
	t.Parallel()
	b := &book{sentences: map[string]sentence{"sly": {Other: `<b title="'">{{.}}`}}}
	page := `<p title="{{t "sly"}}">{{t "sly"}}{{icon "x"}}{{t "sly" "n" 1}}`
	text := `&lt;b title=&#34;&#39;&#34;&gt;&#123;{.}}`
	want := `<p title="` + text + `">` + text + `<svg class="icon" aria-hidden="true"><use href="#i-x"/></svg>{{t "sly" "n" 1}}`
	if got := b.settle(page); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
