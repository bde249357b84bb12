package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"entente.example/entente/activity"
)

//go:embed locale/*.json
var localeFiles embed.FS

// book holds all sentences of one language.
type book struct {
	lang      string
	sentences map[string]sentence
	isOne     func(n int) bool // takes the form for one (CLDR plural rules)
	thousands string           // stands between groups of three digits
	first     string           // the first day of a month, in dates
}

// Lang is the language (BCP 47).
func (b *book) Lang() string { return b.lang }

// sentence has a form for one and a form for any other number; they are the same
// where the number does not matter.
type sentence struct{ One, Other string }

// UnmarshalJSON reads "..." or {"one": "...", "other": "..."}.
func (s *sentence) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &s.Other) == nil {
		s.One = s.Other
		return nil
	}
	type plain sentence
	return json.Unmarshal(b, (*plain)(s))
}

func readBooks() ([]*book, error) {
	books := []*book{
		{lang: "en", isOne: func(n int) bool { return n == 1 }, thousands: ",", first: "1"},
		{lang: "fr", isOne: func(n int) bool { return n == 0 || n == 1 }, thousands: "\u202f", first: "1er"},
	}
	for _, b := range books {
		raw, err := localeFiles.ReadFile("locale/" + b.lang + ".json")
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &b.sentences); err != nil {
			return nil, fmt.Errorf("locale/%s.json: %w", b.lang, err)
		}
	}
	return books, nil
}

// choose takes the first wish that we have a book for: a language ("fr") or an
// Accept-Language header (RFC 9110 §12.5.4); else the first book.
func (w *Web) choose(wishes ...string) *book {
	tags := make([]language.Tag, len(w.books))
	for i, b := range w.books {
		tags[i] = language.Make(b.lang)
	}
	matcher := language.NewMatcher(tags)
	for _, wish := range wishes {
		asked, _, err := language.ParseAcceptLanguage(wish)
		if err != nil || len(asked) == 0 {
			continue
		}
		if _, i, sure := matcher.Match(asked...); sure != language.No {
			return w.books[i]
		}
	}
	return w.books[0]
}

// say gives the sentence with this key; pairs are names and values for what
// stands in braces: say("actor.of", "host", "globex.example").
func (b *book) say(key string, pairs ...any) string {
	return b.fill(key, b.sentences[key].Other, pairs)
}

// count gives the form of a sentence for n things; {n} stands for the number.
func (b *book) count(key string, n int, pairs ...any) string {
	form := b.sentences[key].Other
	if b.isOne(n) {
		form = b.sentences[key].One
	}
	return b.fill(key, form, append(pairs, "n", b.number(n)))
}

func (b *book) fill(key, form string, pairs []any) string {
	if form == "" {
		return key
	}
	var filled strings.Builder
	for {
		before, rest, opens := strings.Cut(form, "{")
		name, after, closes := strings.Cut(rest, "}")
		if !opens || !closes {
			filled.WriteString(form)
			return filled.String()
		}
		filled.WriteString(before)
		at := 0
		for at+1 < len(pairs) && pairs[at] != name {
			at += 2
		}
		if at+1 < len(pairs) {
			fmt.Fprint(&filled, pairs[at+1])
		} else {
			filled.WriteString("{" + name + "}")
		}
		form = after
	}
}

// number writes 1234567 as people of this language do.
func (b *book) number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && n > 0; i -= 3 {
		s = s[:i] + b.thousands + s[i:]
	}
	return s
}

// ago says how long ago something was; what is older than a week has a date.
func (b *book) ago(now, t time.Time) string {
	switch d := now.Sub(t); {
	case d < time.Minute:
		return b.say("time.now")
	case d < time.Hour:
		return b.count("time.minutes", int(d.Minutes()))
	case d < 24*time.Hour:
		return b.count("time.hours", int(d.Hours()))
	case d < 7*24*time.Hour:
		return b.count("time.days", int(d.Hours())/24)
	}
	return b.date(t)
}

// date is the day in UTC: the server does not know where the reader is.
func (b *book) date(t time.Time) string {
	t = t.UTC()
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = b.first
	}
	return b.say("time.date", "day", day, "month", b.say("month."+strconv.Itoa(int(t.Month()))), "year", t.Year())
}

// moment is the day and the minute.
func (b *book) moment(t time.Time) string {
	return b.say("time.moment", "date", b.date(t), "time", t.UTC().Format("15:04"))
}

// explain says in this language why something was refused; a reason that the
// book does not know is explained in the words of who refused.
func (b *book) explain(f *activity.Fault) string {
	if _, known := b.sentences["fault."+f.Reason]; known {
		return b.say("fault."+f.Reason, "max", b.number(activity.MaxNote))
	}
	return f.Say
}
