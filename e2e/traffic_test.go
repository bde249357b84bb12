package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// member is one of our people who is busy, and keeps account of it.
type member struct {
	*person
	ledger *ledger
	random *rand.Rand
}

// rush makes everybody busy until stop is called. pause is how long each of them
// waits between two deeds.
func (s *stage) rush(ctx context.Context, l *ledger, seed uint64, pause time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for i, p := range s.people {
		m := member{p, l, rand.New(rand.NewPCG(seed, uint64(i)))}
		all.Go(func() { busy(ctx, pause, m.act) })
	}
	s.stranger.random = rand.New(rand.NewPCG(seed, 99))
	all.Go(func() { busy(ctx, pause, s.stranger.act) })
	return func() { cancel(); all.Wait() }
}

func busy(ctx context.Context, pause time.Duration, act func(context.Context)) {
	for ctx.Err() == nil {
		act(ctx)
		time.Sleep(pause)
	}
}

// act is one deed, of any kind.
func (m member) act(ctx context.Context) {
	mine := m.ledger.by(m.handle())
	switch dice := m.random.IntN(100); {
	case dice < 35 || len(mine) == 0:
		m.writes(ctx, nil, "")
	case dice < 75:
		m.reacts(ctx, dice < 50)
	case dice < 90:
		m.edits(ctx, mine[m.random.IntN(len(mine))])
	default:
		m.deletes(ctx, mine[m.random.IntN(len(mine))])
	}
}

// insist asks until there is an answer; by random it sometimes gives up before that,
// nil: never. A request that was begun is not cut off when the rush ends. A refusal
// is for the caller.
func insist(ctx context.Context, random *rand.Rand, l *ledger, ask func(ctx context.Context, again bool) error) (truth, error) {
	for again := false; ; again = true {
		err := ask(context.WithoutCancel(ctx), again)
		if err == nil {
			l.answer(surely)
			return surely, nil
		}
		if r, ok := errors.AsType[*refusal](err); ok && r.Status < 500 {
			return not, err
		}
		l.answer(perhaps)
		if ctx.Err() != nil || (random != nil && random.IntN(20) == 0) {
			return perhaps, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// writes posts something new; to is the id of what it answers here.
func (m member) writes(ctx context.Context, answers *post, to string) *post {
	f := &fate{made: perhaps, low: 1, high: 1}
	p := m.ledger.open(post{author: m.handle(), home: m.at, answers: answers, shared: f, born: time.Now().UTC(), fixed: m.random == nil})
	form := url.Values{"status": {p.text(1)}}
	if to != "" {
		form.Set("in_reply_to_id", to)
	}
	var made status
	known, err := insist(ctx, m.random, m.ledger, func(ctx context.Context, _ bool) error {
		_, err := m.callOnce(ctx, p.text(1), http.MethodPost, "/api/v1/statuses", form, &made)
		return err
	})
	m.ledger.note(func() {
		if err == nil {
			f.made, p.id, p.uri, f.since = known, made.ID, made.URI, time.Now()
		} else {
			f.made = not
		}
	})
	if err != nil && (answers == nil || m.ledger.lives(answers)) {
		m.ledger.surprise("%s posts: %v", m.name, err)
	}
	return p
}

// reacts likes or answers something on the screen.
func (m member) reacts(ctx context.Context, likes bool) {
	var screen []status
	if m.get(context.WithoutCancel(ctx), "/api/v1/timelines/home", &screen) != nil || len(screen) == 0 {
		return
	}
	s := screen[m.random.IntN(len(screen))]
	p, _ := m.ledger.numbered(s.text())
	switch {
	case p == nil:
		m.ledger.surprise("%s reads %q, which nobody has written", m.name, s.Content)
	case likes:
		m.likes(ctx, p, s.ID)
	default:
		m.writes(ctx, p, s.ID)
	}
}

func (m member) likes(ctx context.Context, p *post, id string) {
	was := not
	m.ledger.note(func() { was, p.likes[m.handle()] = p.likes[m.handle()], max(perhaps, p.likes[m.handle()]) })
	known, err := insist(ctx, m.random, m.ledger, func(ctx context.Context, _ bool) error {
		return m.post(ctx, "/api/v1/statuses/"+id+"/favourite", nil, nil)
	})
	m.ledger.note(func() { p.likes[m.handle()] = max(known, was) })
	if err != nil && m.ledger.lives(p) {
		m.ledger.surprise("%s likes %s: %v", m.name, p.text(0), err)
	}
}

func (m member) edits(ctx context.Context, p *post) {
	f, version := p.shared, 0
	m.ledger.note(func() { f.high++; version = f.high })
	known, err := insist(ctx, m.random, m.ledger, func(ctx context.Context, _ bool) error {
		_, err := m.call(ctx, http.MethodPut, "/api/v1/statuses/"+p.id, url.Values{"status": {p.text(version)}}, nil)
		return err
	})
	if known == surely {
		m.ledger.note(func() { f.low = version })
	}
	if err != nil {
		m.ledger.surprise("%s edits %s: %v", m.name, p.text(0), err)
	}
}

func (m member) deletes(ctx context.Context, p *post) {
	f := p.shared
	m.ledger.note(func() { f.gone = perhaps })
	known, err := insist(ctx, m.random, m.ledger, func(ctx context.Context, again bool) error {
		_, err := m.call(ctx, http.MethodDelete, "/api/v1/statuses/"+p.id, nil, nil)
		if r, ok := errors.AsType[*refusal](err); ok && again && r.Status == http.StatusNotFound {
			return nil // by the request that was not answered
		}
		return err
	})
	if err != nil {
		m.ledger.surprise("%s deletes %s: %v", m.name, p.text(0), err)
	} else {
		m.ledger.note(func() { f.gone = known })
	}
}

// volley lets everybody write several posts at once, so that a kill meets requests in
// every state; landed waits until each of them was answered.
func (s *stage) volley(ctx context.Context, l *ledger) (landed func()) {
	const each = 5
	var all sync.WaitGroup
	for range each {
		for _, p := range s.people {
			all.Go(func() { member{p, l, nil}.writes(ctx, nil, "") })
		}
		all.Go(func() { s.stranger.writes(ctx, nil, nil) })
	}
	return all.Wait
}

// marks writes something and waits until everybody can read it: then all is at
// work again. It gives how long that took, since began.
func (s *stage) marks(ctx context.Context, l *ledger, began time.Time) (time.Duration, error) {
	var marks []*post
	for _, p := range []*person{s.people[0], s.people[2]} { // one at each company
		marks = append(marks, member{p, l, nil}.writes(ctx, nil, ""))
	}
	for _, p := range s.people {
		for _, mark := range marks {
			if err := p.comesToRead(ctx, mark); err != nil {
				return 0, err
			}
		}
	}
	return time.Since(began), nil
}

func (p *person) comesToRead(ctx context.Context, mark *post) error {
	for began := time.Now(); time.Since(began) < 2*time.Minute; time.Sleep(100 * time.Millisecond) {
		if p.reads(ctx, mark) {
			return nil
		}
	}
	return fmt.Errorf("%s at %s does not get to read %s by %s within a minute", p.name, p.at.name, mark.text(1), mark.author)
}

// reads looks for a post as far back as it can be.
func (p *person) reads(ctx context.Context, mark *post) bool {
	for path := "/api/v1/timelines/home?limit=40"; path != ""; {
		var page []status
		var err error
		if path, err = p.call(ctx, http.MethodGet, path, nil, &page); err != nil {
			return false
		}
		for _, s := range page {
			if s.text() == mark.text(1) {
				return true
			}
			if s.CreatedAt.Before(mark.born.Add(-5 * time.Second)) {
				return false
			}
		}
	}
	return false
}
