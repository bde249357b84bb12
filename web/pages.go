package web

import (
	"embed"
	"hash/fnv"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"
	"unicode"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

//go:embed templates/*.html
var templateFiles embed.FS

// pages are the templates by language and name ("fr/home"). Each is parsed when it is first
// asked for: all of them are 7 MB, and hardly anybody reads in every language.
type pages map[string]func() (*template.Template, error)

func (p pages) of(lang, name string) (*template.Template, error) { return p[lang+"/"+name]() }

// listPages finds every page in each language: layout.html and parts.html are in all of
// them.
func (w *Web) listPages() (pages, error) {
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	found := pages{}
	for _, b := range w.books {
		for _, file := range names {
			found[b.lang+"/"+strings.TrimSuffix(path.Base(file), ".html")] = sync.OnceValues(func() (*template.Template, error) {
				return template.New("layout").Option("missingkey=error").Funcs(w.words(b)).
					ParseFS(templateFiles, "templates/layout.html", "templates/parts.html", file)
			})
		}
	}
	return found, nil
}

// words are what templates can say besides the language of html/template.
func (w *Web) words(b *book) template.FuncMap {
	return template.FuncMap{
		"t":        b.say,
		"join":     func(all []string) string { return strings.Join(all, ", ") },
		"n":        b.count,
		"number":   b.number,
		"ago":      func(t time.Time) string { return b.ago(w.now(), t) },
		"moment":   b.moment,
		"rfc3339":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"path":     actorPath,
		"handle":   w.house.Handle,
		"name":     name,
		"gist":     func(t activity.Text) string { return gist(string(t)) },
		"initials": initials,
		"hue":      hue,
		"authors":  authorLanguages,
		"polldays": pollDays,
		"sorts":    func(ts []activity.Topic, is string) sorts { return sorts{ts, is} },
	}
}

// actorPath is where our people see an actor.
func actorPath(a store.Actor) string { return "/@" + url.PathEscape(a.Handle()) }

// name is what to call an actor: on one line, whatever they wrote.
func name(a store.Actor) string {
	if n := strings.Join(strings.Fields(a.DisplayName()), " "); n != "" {
		return n
	}
	return a.Handle()
}

// initials are the first letters of the first and the last word of a name.
func initials(a store.Actor) string {
	var letters []rune
	for _, word := range strings.Fields(name(a)) {
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				letters = append(letters, unicode.ToUpper(r))
				break
			}
		}
	}
	switch n := len(letters); n {
	case 0:
		return "?"
	case 1:
		return string(letters)
	default:
		return string(letters[0]) + string(letters[n-1])
	}
}

// hues is how many colours of avatars the stylesheet has.
const hues = 12

// hue is the number of the colour of an avatar: always the same for one handle.
func hue(a store.Actor) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(a.Handle()))) // never fails (hash.Hash)
	return int(h.Sum32() % hues)
}

// writing is a language that people write posts in, under its own name.
type writing struct{ Lang, Name string }

// authorLanguages are those that the composer offers.
func authorLanguages() []writing {
	return []writing{{"de", "Deutsch"}, {"en", "English"}, {"es", "Español"}, {"fr", "Français"}, {"it", "Italiano"},
		{"nl", "Nederlands"}, {"pl", "Polski"}, {"pt", "Português"}}
}
