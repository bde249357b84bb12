package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// balance is what a reconciliation has found: what was promised and is not there,
// and what is there more often than once.
type balance struct{ lost, doubled []string }

func (b *balance) isLost(format string, args ...any) {
	b.lost = append(b.lost, fmt.Sprintf(format, args...))
}

func (b *balance) isDoubled(format string, args ...any) {
	b.doubled = append(b.doubled, fmt.Sprintf(format, args...))
}

// err is nil when the books are balanced; otherwise it names the first of each.
func (b *balance) err() error {
	if len(b.lost)+len(b.doubled) == 0 {
		return nil
	}
	const most = 12
	return fmt.Errorf("lost %d, doubled %d\nlost:\n  %s\ndoubled:\n  %s", len(b.lost), len(b.doubled),
		strings.Join(b.lost[:min(most, len(b.lost))], "\n  "), strings.Join(b.doubled[:min(most, len(b.doubled))], "\n  "))
}

// reading is what somebody finds of a post on their screen.
type reading struct {
	times, version, likes int
	liked                 bool
}

// reconcile compares what was promised with what everybody can read, and with what
// the stranger has heard. Nobody may be busy meanwhile.
func (s *stage) reconcile(ctx context.Context, l *ledger) (*balance, error) {
	b := &balance{}
	screens := map[*person][]reading{}
	for _, p := range s.people {
		home, err := p.home(ctx)
		if err != nil {
			return nil, err
		}
		screen := make([]reading, len(l.posts))
		for _, st := range home {
			at, version := l.numbered(st.text())
			if at == nil {
				return nil, fmt.Errorf("%s reads %q, which nobody has written", p.name, st.Content)
			}
			screen[at.number] = reading{screen[at.number].times + 1, version, st.FavouritesCount, st.Favourited}
		}
		screens[p] = screen
		if err := p.checkNotifications(ctx, l, b); err != nil {
			return nil, err
		}
	}
	for _, at := range l.posts {
		for _, p := range s.people {
			at.check(p, screens[p][at.number], b)
		}
		at.agrees(s, screens, b)
	}
	s.stranger.check(b)
	return b, nil
}

// check compares what was promised of a post with what somebody reads of it.
func (at *post) check(p *person, r reading, b *balance) {
	f, name := at.fate(p.at), fmt.Sprintf("t%d by %s, read by %s", at.number, at.author, p.handle())
	switch {
	case r.times > 1:
		b.isDoubled("%s, is there %d times", name, r.times)
	case f.made == not && r.times > 0:
		b.isDoubled("%s, was refused and is there", name)
	case f.gone == surely && r.times > 0:
		b.isLost("%s: its deletion", name)
	case f.made == surely && f.gone == not && r.times == 0:
		b.isLost("%s", name)
	}
	if r.times == 0 {
		return
	}
	if r.version < f.low || r.version > f.high {
		b.isLost("%s: version %d to %d, it is %d", name, f.low, f.high, r.version)
	}
	sure, most := 0, 0
	for _, t := range at.likes {
		if most++; t == surely {
			sure++
		}
	}
	if r.likes > most {
		b.isDoubled("%s, has %d likes of %d", name, r.likes, most)
	}
	if at.home == p.at && r.likes < sure {
		b.isLost("%s: has %d likes, and surely %d", name, r.likes, sure)
	}
	if at.likes[p.handle()] == surely && !r.liked {
		b.isLost("%s: their own like", name)
	}
}

// agrees sees that everybody reads the same of what one of our people has written,
// also of what was never answered.
func (at *post) agrees(s *stage, screens map[*person][]reading, b *balance) {
	if at.shared == nil {
		return
	}
	first := screens[s.people[0]][at.number]
	for _, p := range s.people[1:] {
		if r := screens[p][at.number]; r.times != first.times || r.version != first.version {
			b.isLost("t%d by %s: %s reads version %d %d times, %s version %d %d times", at.number, at.author,
				s.people[0].handle(), first.version, first.times, p.handle(), r.version, r.times)
		}
	}
}

// notice is a notification: who did what to which post, or wrote it.
type notice struct {
	kind, by string
	post     int
}

// checkNotifications sees that somebody was told of every answer and every like, and
// once.
func (p *person) checkNotifications(ctx context.Context, l *ledger, b *balance) error {
	all, err := pages[struct {
		Type    string
		Account account
		Status  *status
	}](ctx, p, "/api/v1/notifications")
	if err != nil {
		return err
	}
	told := map[notice]int{}
	for _, n := range all {
		if n.Status == nil {
			continue
		}
		by := n.Account.handle(p.at)
		at, _ := l.numbered(n.Status.text())
		if at == nil {
			return fmt.Errorf("%s is told of %q, which nobody has written", p.name, n.Status.Content)
		}
		told[notice{n.Type, by, at.number}]++
	}
	for n, times := range told {
		if times > 1 {
			b.isDoubled("%s is told %d times of a %s by %s: t%d", p.handle(), times, n.kind, n.by, n.post)
		}
	}
	for _, n := range l.owed(p) {
		if told[n] == 0 {
			b.isLost("%s is not told of a %s by %s: t%d", p.handle(), n.kind, n.by, n.post)
		}
	}
	return nil
}

// owed is what somebody has to be told.
func (l *ledger) owed(p *person) (all []notice) {
	there := func(at *post) bool { return at.fate(p.at).made == surely && at.living() }
	for _, at := range l.posts {
		if !there(at) {
			continue
		}
		if to := at.answers; to != nil && to.author == p.handle() && at.author != p.handle() && to.living() {
			all = append(all, notice{"mention", at.author, at.number})
		}
		for by, t := range at.likes {
			if at.author == p.handle() && by != p.handle() && t == surely {
				all = append(all, notice{"favourite", by, at.number})
			}
		}
	}
	return all
}

// check compares what was promised of our people's deeds with what came to the
// stranger. A deed that comes twice is one activity that comes twice.
func (s *stranger) check(b *balance) {
	ids := map[hearing]map[string]bool{} // of the activities that say the same
	last := map[string]int{}             // version of a note
	for _, h := range s.ledger.heard {
		same := hearing{kind: h.kind, actor: h.actor, object: h.object}
		if ids[same] == nil {
			ids[same] = map[string]bool{}
		}
		ids[same][h.id] = true
		if _, version := s.ledger.numbered(h.text); version > last[h.object] {
			last[h.object] = version
		}
	}
	for h, all := range ids {
		// Who sends a Follow again, since no answer came, is answered again.
		if len(all) > 1 && h.kind != "Update" && h.kind != "Accept" {
			b.isDoubled("the stranger hears %d times, of different ids, of a %s of %s", len(all), h.kind, h.object)
		}
	}
	heard := func(kind, object string) bool {
		for h := range ids {
			if h.kind == kind && h.object == object {
				return true
			}
		}
		return false
	}
	for _, at := range s.ledger.posts {
		f := at.shared
		switch {
		case f == nil || at.uri == "":
		case f.gone == surely:
			if !heard("Delete", at.uri) {
				b.isLost("the stranger does not hear that t%d is gone", at.number)
			}
		case f.made == surely && f.gone == not:
			if last[at.uri] < f.low || last[at.uri] > f.high {
				b.isLost("the stranger hears of version %d of t%d, it is %d to %d", last[at.uri], at.number, f.low, f.high)
			}
		}
	}
}

// heardOf says how often activities came again, and how many came after what changes
// them.
func (l *ledger) heardOf() (deliveries, again, late int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen, changed := map[string]bool{}, map[string]bool{}
	for _, h := range l.heard {
		switch {
		case seen[h.id]:
			again++
		case h.kind == "Create" && changed[h.object]:
			late++
		case h.kind == "Update" || h.kind == "Delete":
			changed[h.object] = true
		}
		seen[h.id] = true
	}
	return len(l.heard), again, late
}

// lateness is how long after a moment the last of what had been promised by then came
// to the stranger, if it was not there yet.
func (l *ledger) lateness(moment time.Time) (longest time.Duration) {
	first := map[string]time.Time{}
	for _, h := range slices.Backward(l.heard) {
		if h.kind == "Create" {
			first[h.object] = h.at
		}
	}
	for _, p := range l.posts {
		if p.shared == nil || p.shared.since.IsZero() || p.shared.since.After(moment) {
			continue
		}
		if at, came := first[p.uri]; came && at.After(moment) {
			longest = max(longest, at.Sub(moment))
		}
	}
	return longest
}

// balanced waits until nothing waits anywhere and the books are balanced, and gives
// the last balance.
func (s *stage) balanced(ctx context.Context, l *ledger, owes func() error, limit time.Duration) (b *balance, err error) {
	for began := time.Now(); ; time.Sleep(500 * time.Millisecond) {
		if err = owes(); err == nil {
			b, err = s.reconcile(ctx, l)
		}
		if err == nil {
			err = b.err()
		}
		if err == nil || time.Since(began) > limit || ctx.Err() != nil {
			return b, errors.Join(err, ctx.Err())
		}
	}
}
