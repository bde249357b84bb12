package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/partnership"
)

// terms are the flags that say what is offered, or how far something is narrowed.
type terms struct {
	flags                         *pflag.FlagSet
	lets, takes, people           []string
	from, until, fileSize, reason string
	posts                         int
	atEnd                         string
	deleteIn, exportFor, tellIn   int
}

// add adds the flags of what is let and taken.
func (t *terms) add(flags *pflag.FlagSet) {
	t.flags = flags
	flags.StringSliceVar(&t.lets, "let", nil, "what their people may do here: words, or all")
	flags.StringSliceVar(&t.takes, "take", nil, "what our people may do there: words, or all")
	flags.StringSliceVar(&t.people, "people", nil, "only these people of either company, by the addresses of their profiles; 'everyone' for all")
	flags.StringVar(&t.fileSize, "file-size", "", "the largest file either way, as 20MB; 0 for no limit")
	flags.IntVar(&t.posts, "posts-per-minute", 0, "the most posts either way, of all people together; 0 for no limit")
	flags.StringVar(&t.reason, "reason", "", "why, for the people of both companies")
}

// addTerm adds those of when, and of what becomes of copies.
func (t *terms) addTerm(flags *pflag.FlagSet) {
	flags.StringVar(&t.from, "from", "", "the day or moment when it begins (at once)")
	flags.StringVar(&t.until, "until", "", "the day or moment when it ends, within 24 months (a year later)")
	flags.StringVar(&t.atEnd, "at-end", "", "what becomes of each other's posts at the end: delete (as usual), or keep as a record")
	flags.IntVar(&t.deleteIn, "delete-within", 0, "hours within which copies are deleted, after the end or a request (72)")
	flags.IntVar(&t.exportFor, "export-for", 0, "days after the end in which each side can take out what is its own (30)")
	flags.IntVar(&t.tellIn, "tell-incidents-within", 0, "hours within which the other side hears of an incident (24)")
}

// changes is what the flags given change; wrong ones are misuse. own is the host of our
// people's addresses.
func (t *terms) changes(own string) (c partnership.Change, err error) {
	c.Reason = t.reason
	c.Data = partnership.DataChange{AtEnd: t.atEnd, DeleteWithin: t.deleteIn, TellWithin: t.tellIn}
	if t.flags.Changed("export-for") {
		c.Data.ExportFor = &t.exportFor
	}
	if c.Lets.Words, err = agreement.ReadWords(t.lets); err != nil {
		return c, wrong(err)
	}
	if c.Takes.Words, err = agreement.ReadWords(t.takes); err != nil {
		return c, wrong(err)
	}
	if c.From, err = momentOf("--from", t.from); err != nil {
		return c, wrong(err)
	}
	if c.Until, err = momentOf("--until", t.until); err != nil {
		return c, wrong(err)
	}
	if t.flags.Changed("people") {
		ours, theirs := split(t.people, own)
		c.Lets.People, c.Takes.People = &theirs, &ours
	}
	if t.flags.Changed("posts-per-minute") {
		c.Lets.PostsPerMinute, c.Takes.PostsPerMinute = &t.posts, &t.posts
	}
	if t.flags.Changed("file-size") {
		bytes, err := bytesOf(t.fileSize)
		if err != nil {
			return c, wrong(err)
		}
		c.Lets.FileSize, c.Takes.FileSize = &bytes, &bytes
	}
	return c, nil
}

// split tells our people from theirs; of whom nobody is named, everyone is meant.
func split(people []string, own string) (ours, theirs agreement.People) {
	var named [2][]activity.ID
	for _, text := range people {
		id, side := activity.ID(strings.TrimSpace(text)), 1
		if id.Host() == own {
			side = 0
		}
		if text != "everyone" {
			named[side] = append(named[side], id)
		}
	}
	all := func(ids []activity.ID) agreement.People {
		if len(ids) == 0 {
			return agreement.Everyone()
		}
		return agreement.These(ids...)
	}
	return all(named[0]), all(named[1])
}

var size = regexp.MustCompile(`^(\d{1,9})\s*([kMG]?B)?$`)

// bytesOf reads 20MB, 500kB, 1GB or plain bytes.
func bytesOf(text string) (int64, error) {
	m := size.FindStringSubmatch(text)
	if m == nil {
		return 0, errors.New("--file-size: a size is needed, such as 500kB, 20MB or 1GB")
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	return n * map[string]int64{"": 1, "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[m[2]], err
}

// sizeOf is what bytesOf reads.
func sizeOf(n int64) string {
	for _, unit := range []struct {
		bytes int64
		name  string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if n%unit.bytes == 0 {
			return fmt.Sprint(n/unit.bytes, unit.name)
		}
	}
	return fmt.Sprint(n, "B")
}

// momentOf reads a day or a moment, "" as never.
func momentOf(flag, text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil || text == "" {
			return at, nil
		}
	}
	return time.Time{}, errors.New(flag + ": a day or a moment is needed, such as 2027-11-01 or 2027-11-01T08:00:00Z")
}

// granted says in one line what a grant lets.
func granted(g agreement.Grant) string {
	if g.IsEmpty() {
		return "nothing"
	}
	said := words(g.Words)
	if agreement.Everything().Within(agreement.Grant{Words: g.Words, People: agreement.Everyone()}) {
		said = "everything"
	}
	if ids, all := g.People.Named(); !all {
		names := make([]string, len(ids))
		for n, id := range ids {
			names[n] = string(id)
		}
		said += "; only " + strings.Join(names, ", ")
	}
	if g.FileSize > 0 {
		said += "; files up to " + sizeOf(g.FileSize)
	}
	if g.PostsPerMinute > 0 {
		said += "; " + count(g.PostsPerMinute, "post", "posts") + " a minute"
	}
	return printable(said)
}

// own is the host of our people's addresses.
func (i *instance) own() string { return activity.ID(i.URL).Host() }

// at runs fn on the desk of an instance, for a host that can be a partner.
func (i *instance) at(ctx context.Context, host string, fn func(ctx context.Context, d *partnership.Desk, host string) error) error {
	host, err := i.partnerHost(host)
	if err != nil {
		return err
	}
	return fn(ctx, i.service.Partnerships(), host)
}
