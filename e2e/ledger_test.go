package e2e

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// truth is what is known of something that was asked for.
type truth int

const (
	not     truth = iota
	perhaps       // asked for, and not answered: it may be so
	surely        // answered with a 200 or a 202: it has to be so
)

// post is one that somebody has written. Its text names it and its version.
type post struct {
	number  int
	author  string   // a handle
	home    *company // nil: the stranger's
	id      string   // at home
	uri     string
	fixed   bool // its author will not touch it
	answers *post
	born    time.Time          // of the stranger's
	shared  *fate              // of what our people wrote: every company has to know the same
	each    map[*company]*fate // of what the stranger wrote: each company was told by itself
	likes   map[string]truth   // by handle
}

// fate is what c has to know.
func (p *post) fate(c *company) *fate {
	if p.shared != nil {
		return p.shared
	}
	return p.each[c]
}

// fate is what became of a post, as one company has to know it.
type fate struct {
	made, gone truth
	low, high  int       // its version is one of these
	since      time.Time // when it was surely made
}

func (p *post) text(version int) string { return fmt.Sprintf("t%dv%d", p.number, version) }

// living says whether nobody has tried to delete it. The caller holds the ledger.
func (p *post) living() bool {
	for _, f := range p.each {
		if f.gone != not {
			return false
		}
	}
	return p.shared == nil || p.shared.gone == not
}

// ledger is all that was promised, and what the stranger has heard of it.
type ledger struct {
	mu         sync.Mutex
	posts      []*post   // by number
	accepted   int       // answers that have promised something
	unanswered int       // requests without an answer, or with one that promised nothing (5xx)
	strange    []string  // answers that should not have come
	heard      []hearing // by the stranger, in the order of arrival
}

// hearing is a delivery to the stranger.
type hearing struct {
	id, kind, actor, object string
	text                    string // of the note in it
	at                      time.Time
}

// open enters a post that somebody is about to write.
func (l *ledger) open(p post) *post {
	l.mu.Lock()
	defer l.mu.Unlock()
	p.number, p.likes = len(l.posts), map[string]truth{}
	l.posts = append(l.posts, &p)
	return &p
}

// lives says whether nobody has tried to delete p.
func (l *ledger) lives(p *post) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return p.living()
}

// note changes what is known.
func (l *ledger) note(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// answer counts what a request has come to.
func (l *ledger) answer(t truth) {
	l.note(func() {
		if t == surely {
			l.accepted++
		} else {
			l.unanswered++
		}
	})
}

func (l *ledger) surprise(format string, args ...any) {
	l.note(func() { l.strange = append(l.strange, fmt.Sprintf(format, args...)) })
}

func (l *ledger) hear(h hearing) {
	l.note(func() { l.heard = append(l.heard, h) })
}

// numbered is the post that a text names, and the version.
func (l *ledger) numbered(text string) (p *post, version int) {
	var number int
	if _, err := fmt.Sscanf(text, "t%dv%d", &number, &version); err != nil {
		return nil, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if number >= len(l.posts) {
		return nil, 0
	}
	return l.posts[number], version
}

// by are the posts of an author that may be changed.
func (l *ledger) by(author string) (found []*post) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.posts {
		if p.author == author && p.uri != "" && !p.fixed && p.living() {
			found = append(found, p)
		}
	}
	return found
}

// lastHeard is one of the posts that the stranger has heard of lately; nil: none.
func (l *ledger) lastHeard(random *rand.Rand) *post {
	l.mu.Lock()
	defer l.mu.Unlock()
	lately := l.heard[max(0, len(l.heard)-30):]
	for range lately {
		h := lately[random.IntN(len(lately))]
		for _, p := range l.posts {
			if h.kind == "Create" && p.uri == h.object && p.living() {
				return p
			}
		}
	}
	return nil
}
