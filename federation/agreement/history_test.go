package agreement_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"entente.example/entente/activity"
	. "entente.example/entente/federation/agreement"
)

const (
	acme   activity.ID = "https://acme.example/actor"
	globex activity.ID = "https://globex.example/actor"
)

// side is one instance: what it knows, what it keeps elsewhere, and what it has
// really done, whether it remembers or not.
type side struct {
	me      activity.ID
	skew    time.Duration // of its clock
	a       *Agreement
	backup  *Agreement
	journal Register // its last one, kept outside of the database
	issued  []Register
	signed  map[string]bool
	isDead  bool // it has seen the end
}

// history is a random one of two sides.
type history struct {
	*rand.Rand
	now      time.Time
	sides    [2]*side
	texts    map[string]Terms
	underway [2][]Knowledge // to each side
	log      []string
}

func newHistory(seed uint64) *history {
	h := &history{Rand: rand.New(rand.NewPCG(seed, 7)), now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), texts: map[string]Terms{}}
	for i, me := range []activity.ID{acme, globex} {
		h.sides[i] = &side{me: me, skew: time.Duration(h.IntN(240)-120) * time.Second, signed: map[string]bool{}}
	}
	return h
}

func (h *history) clock(s *side) time.Time { return h.now.Add(s.skew) }

func (h *history) grant() Grant {
	g := Grant{People: Everyone()}
	for _, w := range Words() {
		if h.IntN(3) > 0 {
			g.Words = append(g.Words, w)
		}
	}
	if h.IntN(4) == 0 {
		g.People = These("https://acme.example/users/a", "https://globex.example/users/b")
	}
	if h.IntN(4) == 0 {
		g.PostsPerMinute = 1 + h.IntN(5)
	}
	return g
}

func (h *history) change(t Terms) Terms {
	t.Grants = [2]Grant{h.grant(), h.grant()}
	t.From = activity.At(h.now.Add(time.Duration(h.IntN(48)-24) * time.Hour))
	t.Until = activity.At(t.From.Add(time.Duration(2+h.IntN(60)) * 24 * time.Hour))
	return t
}

// act is something that a side's admin or clock may do.
var acts = []struct {
	name string
	do   func(h *history, s *side, now time.Time) error
}{
	{"accepts", func(h *history, s *side, now time.Time) error {
		offers := s.a.Offers(s.me, now)
		if len(offers) == 0 {
			return errors.New("no offer")
		}
		return s.a.Accept(offers[h.IntN(len(offers))].Hash(), now)
	}},
	{"offers a change", func(h *history, s *side, now time.Time) error {
		texts := s.a.Texts()
		t, err := h.change(s.a.Successor(texts[h.IntN(len(texts))])).Seal()
		if err == nil {
			h.texts[t.Hash()] = t
			err = s.a.Offer(t, now)
		}
		return err
	}},
	{"declines", func(_ *history, s *side, now time.Time) error { return s.a.Decline("", now) }},
	{"withdraws", func(_ *history, s *side, now time.Time) error { return s.a.Withdraw("", now) }},
	{"suspends", func(_ *history, s *side, now time.Time) error { return s.a.Suspend(ByAdmin, "", now) }},
	{"finds another key", func(_ *history, s *side, now time.Time) error { return s.a.Suspend(KeyChange, "", now) }},
	{"compares it", func(_ *history, s *side, now time.Time) error {
		if !s.a.Compared(now) {
			return errors.New("nothing to compare")
		}
		return nil
	}},
	{"resumes", func(_ *history, s *side, now time.Time) error { return s.a.Resume("", now) }},
	{"resumes again", func(_ *history, s *side, now time.Time) error { return s.a.Resume("", now) }},
	{"narrows", func(h *history, s *side, now time.Time) error { return s.a.Narrow(h.grant(), h.grant(), "", now) }},
	{"ends", func(h *history, s *side, now time.Time) error {
		if h.IntN(4) > 0 {
			return errors.New("not yet")
		}
		return s.a.End("", now)
	}},
	{"revokes", func(h *history, s *side, now time.Time) error {
		if h.IntN(6) > 0 {
			return errors.New("not yet")
		}
		return s.a.Revoke("", now)
	}},
	{"deletes", deletes},
}

// deletes gives a receipt where one is owed.
func deletes(_ *history, s *side, now time.Time) error {
	if !s.a.OwesReceipt(s.me, now) {
		return errors.New("nothing to delete")
	}
	s.a.Deleted(Receipt{Posts: 1}, now)
	return nil
}

// step is one thing that happens.
func (h *history) step() {
	i := h.IntN(2)
	s := h.sides[i]
	switch n := h.IntN(20); {
	case n < 6 && s.a != nil:
		act := acts[h.IntN(len(acts))]
		if err := act.do(h, s, h.clock(s)); err == nil {
			h.say("%s %s", s.me.Host(), act.name)
		}
	case n < 9:
		h.tell(i)
	case n < 15:
		h.hear(i)
	case n < 16:
		if s.a != nil {
			s.backup = s.a.Clone()
			h.say("%s is backed up", s.me.Host())
		}
	case n < 17 && h.IntN(3) == 0:
		h.restore(s)
	default:
		h.now = h.now.Add(time.Duration(h.IntN(100)) * time.Hour * time.Duration(1+h.IntN(3)*h.IntN(2)))
		h.say("it is %s", h.now.Format(time.DateOnly))
	}
	h.note(s)
}

func (h *history) say(format string, args ...any) {
	h.log = append(h.log, fmt.Sprintf(format, args...))
}

// tell sends all that a side knows, which may get lost later.
func (h *history) tell(from int) {
	if a := h.sides[from].a; a != nil && len(a.Knows().Terms) > 0 {
		h.underway[1-from] = append(h.underway[1-from], a.Knows())
	}
}

// hear delivers one of the messages, in any order, perhaps not for the last time; or
// loses it.
func (h *history) hear(to int) {
	n := len(h.underway[to])
	if n == 0 {
		return
	}
	at := h.IntN(n)
	k := h.underway[to][at]
	if h.IntN(3) > 0 {
		h.underway[to] = append(h.underway[to][:at:at], h.underway[to][at+1:]...)
	}
	if h.IntN(4) > 0 {
		h.learn(h.sides[to], k)
	}
}

func (h *history) learn(s *side, k Knowledge) {
	now := h.clock(s)
	if s.a != nil {
		if _, err := s.a.Merge(k, now); err != nil {
			panic(err)
		}
	} else if a, err := read(s.me, k, now); err != nil {
		panic(err)
	} else {
		s.a = a
		if s.journal.Owner != "" {
			a.Fence(s.journal, now)
		}
	}
	h.say("%s learns", s.me.Host())
	h.note(s)
}

func (h *history) restore(s *side) {
	s.a = nil
	if s.backup != nil && h.IntN(3) > 0 {
		s.a = s.backup.Clone()
		s.a.Fence(s.journal, h.clock(s))
	}
	h.say("%s is restored", s.me.Host())
}

// note keeps what a side has really done.
func (h *history) note(s *side) {
	if s.a == nil {
		return
	}
	s.a.Settle(h.clock(s))
	if r, ok := s.a.Register(s.me); ok {
		s.journal = r
		s.issued = append(s.issued, r)
	}
	for _, c := range s.a.Knows().Consents {
		if c.Party == s.me {
			s.signed[c.Terms] = true
		}
	}
	own, _ := s.a.Register(s.me)
	other, _ := s.a.Register(s.a.Other)
	s.isDead = s.isDead || own.Mode.IsFinal() || other.Mode.IsFinal()
}

// check looks at what each side would allow now.
func (h *history) check() error {
	for i, s := range h.sides {
		if s.a == nil {
			continue
		}
		now := h.clock(s)
		for _, grantor := range []activity.ID{acme, globex} {
			g := s.a.Effective(grantor, now)
			if g.IsEmpty() {
				continue
			}
			isGranted := false
			for hash, t := range h.texts {
				isGranted = isGranted || h.sides[0].signed[hash] && h.sides[1].signed[hash] && g.Within(t.By(grantor)) &&
					!now.Before(t.From.Time) && now.Before(t.Until.Time)
			}
			other := h.sides[1-i]
			allowed := false
			for _, r := range other.issued {
				allowed = allowed || r.Mode == Live && g.Within(bound(r, grantor))
			}
			switch {
			case !isGranted:
				return fmt.Errorf("%s lets what no text grants that both have signed", s.me.Host())
			case s.journal.Mode != Live || !g.Within(bound(s.journal, grantor)):
				return fmt.Errorf("%s lets more than it has decided itself", s.me.Host())
			case !allowed:
				return fmt.Errorf("%s lets what %s never did", s.me.Host(), other.me.Host())
			case s.isDead:
				return fmt.Errorf("%s has revived what had ended", s.me.Host())
			}
		}
	}
	return nil
}

// bound is what a register says of what grantor lets.
func bound(r Register, grantor activity.ID) Grant {
	if r.Owner == grantor {
		return r.Lets
	}
	return r.Takes
}

// converge lets all messages through.
func (h *history) converge() error {
	one, two := h.sides[0], h.sides[1]
	for range 6 {
		for to, s := range h.sides {
			if s.a != nil {
				_ = deletes(h, s, h.clock(s)) // what the clock of each side does
			}
			if from := h.sides[1-to]; from.a != nil && len(from.a.Knows().Terms) > 0 {
				h.learn(s, from.a.Knows())
			}
		}
		if one.a != nil && two.a != nil && one.a.Digest() == two.a.Digest() && !one.a.OwesReceipt(one.me, h.clock(one)) && !two.a.OwesReceipt(two.me, h.clock(two)) {
			break
		}
	}
	if one.a == nil || two.a == nil {
		return nil
	}
	now := h.clock(one)
	switch {
	case one.a.Digest() != two.a.Digest():
		return errors.New("they do not know the same")
	case one.a.State(now) != two.a.State(now):
		return fmt.Errorf("it is %s here and %s there", one.a.State(now), two.a.State(now))
	}
	for _, party := range []activity.ID{acme, globex} {
		if one.a.OwesReceipt(party, now) || two.a.OwesReceipt(party, now) {
			return fmt.Errorf("the receipt of %s is missing", party.Host())
		}
	}
	for _, grantor := range []activity.ID{acme, globex} {
		g := one.a.Effective(grantor, now)
		if o := two.a.Effective(grantor, now); !g.Within(o) || !o.Within(g) {
			return errors.New("they allow different things")
		}
		if !g.IsEmpty() && (!g.Within(bound(one.journal, grantor)) || !g.Within(bound(two.journal, grantor))) {
			return errors.New("more is allowed than both have decided")
		}
	}
	return nil
}

func first(h *history) {
	s := h.sides[0]
	t, err := h.change(Terms{Agreement: "https://acme.example/partnerships/1", Version: 1, Parties: [2]activity.ID{acme, globex}, Data: UsualData()}).Seal()
	if err != nil {
		panic(err)
	}
	h.texts[t.Hash()] = t
	if s.a, err = New(acme, t); err == nil {
		err = s.a.Offer(t, h.clock(s))
	}
	if err != nil {
		panic(err)
	}
	h.note(s)
	h.tell(0)
}

// TestNoHistoryGivesMoreThanBothGranted: loss, repetition, reordering, clocks that
// differ, and backups that are restored on either side.
func TestNoHistoryGivesMoreThanBothGranted(t *testing.T) {
	t.Parallel()
	states := map[State]int{}
	for seed := range uint64(10_000) {
		h := newHistory(seed)
		first(h)
		for range 50 {
			h.step()
			if err := h.check(); err != nil {
				t.Fatalf("history %d: %v\n%q", seed, err, h.log)
			}
			if s := h.sides[h.IntN(2)]; s.a != nil {
				states[s.a.State(h.clock(s))]++
			}
		}
		if err := h.converge(); err != nil {
			t.Fatalf("history %d: at the end: %v\n%q", seed, err, h.log)
		}
		if err := h.check(); err != nil {
			t.Fatalf("history %d: at the end: %v\n%q", seed, err, h.log)
		}
	}
	for _, s := range []State{StateProposed, StateActive, StateSuspended, StateWindingDown, StateRevoked, StateEnded, StateDeclined, StateWithdrawn, StateLapsed} {
		if states[s] < 100 {
			t.Errorf("only %d times %s: these histories are too tame", states[s], s)
		}
	}
	t.Logf("states met: %v", states)
}

func read(me activity.ID, k Knowledge, now time.Time) (*Agreement, error) {
	a, err := Begin(me, k)
	if err == nil {
		_, err = a.Merge(k, now)
	}
	return a, err
}
