package web

import (
	"embed"
	"fmt"
	"hash/fnv"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"regexp"
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
				t := template.New("layout").Option("missingkey=error").Funcs(w.words(b))
				for _, file := range []string{"templates/layout.html", "templates/parts.html", file} {
					text, err := templateFiles.ReadFile(file)
					if err == nil {
						_, err = t.Parse(b.settle(string(text)))
					}
					if err != nil {
						return nil, fmt.Errorf("%s: %w", file, err)
					}
				}
				return t, nil
			})
		}
	}
	return found, nil
}

// settled is what a template says that is the same on each page of a language: a sentence
// without arguments, an icon.
var settled = regexp.MustCompile(`{{(t|icon) "([a-z_.0-9]+)"}}`)

// settle puts it in when a page is parsed, where it would be found and escaped each time, a
// hundred times on a page of posts. No sentence stands where HTML escaping is not what
// html/template would do.
func (b *book) settle(page string) string {
	return settled.ReplaceAllStringFunc(page, func(found string) string {
		parts := settled.FindStringSubmatch(found)
		if parts[1] == "t" {
			return strings.ReplaceAll(escaped(b.say(parts[2])), "{{", "&#123;{")
		}
		return string(icon(parts[2]))
	})
}

// words are what templates can say besides the language of html/template.
func (w *Web) words(b *book) template.FuncMap {
	return template.FuncMap{
		"t":        b.say,
		"icon":     icon,
		"join":     func(all []string) string { return strings.Join(all, ", ") },
		"n":        b.count,
		"number":   b.number,
		"on":       b.on,
		"since":    func(t time.Time) template.HTML { return b.since(w.now(), t) },
		"moment":   b.moment,
		"avatar":   avatar,
		"badge":    b.badge,
		"who":      b.who,
		"path":     actorPath,
		"handle":   w.house.Handle,
		"name":     name,
		"gist":     func(t activity.Text) string { return gist(string(t)) },
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
