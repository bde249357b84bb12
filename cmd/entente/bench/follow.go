package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"entente.example/entente/activity"
)

// follow: people whom nobody here has heard of ask to follow one of ours. Each must be
// fetched, verified and stored, and gets an Accept, which is what counts.
func follow(ctx context.Context, r *run) error {
	h, w, err := r.openWorld(ctx, or(r.Hosts, 50))
	if err != nil {
		return err
	}
	defer h.close()
	defer w.close()
	star, err := h.hire(ctx, "star")
	if err != nil {
		return err
	}
	people, letters, err := h.strangers(ctx, w, star.actor.ID)
	if err != nil {
		return err
	}
	if err := h.begin(ctx); err != nil {
		return err
	}
	accepted := &paths{seen: map[string]bool{}}
	w.hear(func(a arrival) {
		if bytes.Contains(a.body, []byte(`"Accept"`)) {
			accepted.add(fmt.Sprintf("%d%s", a.host, a.path))
		}
	})
	before, began := h.cost(), time.Now()
	answers, err := h.sendAll(ctx, letters, or(r.AtOnce, 64))
	if err != nil {
		return err
	}
	r.say("all are accepted after %.1f s", time.Since(began).Seconds())
	err = until(ctx, 5*time.Millisecond, func() (bool, error) { return accepted.count() >= people, nil })
	if err != nil {
		return fmt.Errorf("%d of %d have got their Accept: %w", accepted.count(), people, err)
	}
	r.least("first follows, each with its Accept", float64(people)/time.Since(began).Seconds(), "/s", 250)
	r.each("follow", h.cost().since(before), people, 0)
	r.note("HTTP answer, p50", percentile(answers, 50), "ms")
	return nil
}

// strangers are people on partners' hosts of whom only their servers know, and the
// signed requests to follow somebody.
func (h *house) strangers(ctx context.Context, w *world, whom activity.ID) (int, []*http.Request, error) {
	keys, err := h.keys(4)
	if err != nil {
		return 0, nil, err
	}
	people := w.people(or(h.Posts, 1500), keys)
	if err := h.invite(ctx, w, nil, nil); err != nil {
		return 0, nil, err
	}
	if err := w.publish(people); err != nil {
		return 0, nil, err
	}
	h.say("%d requests are signed", len(people))
	letters, err := h.wishes(ctx, people, whom)
	return len(people), letters, err
}

// publish puts the documents of people where they can be fetched. Each has an inbox
// of its own and no shared one, so that each Accept can be told from the others.
func (w *world) publish(people []person) error {
	for i := range people {
		people[i].Endpoints = activity.Endpoints{}
		doc, err := json.Marshal(people[i].Actor.Actor)
		if err != nil {
			return err
		}
		w.docs.Store(string(people[i].ID[len("http://"):]), doc)
	}
	return nil
}

// wishes are the signed Follows of everybody.
func (h *house) wishes(ctx context.Context, people []person, whom activity.ID) ([]*http.Request, error) {
	letters := make([]*http.Request, len(people))
	for i, p := range people {
		body, err := json.Marshal(map[string]any{"@context": activity.Context, "id": p.ID + "/follows/1", "type": "Follow", "actor": p.ID, "object": whom})
		if err != nil {
			return nil, err
		}
		if letters[i], err = p.letter(ctx, h.here()+"/inbox", body); err != nil {
			return nil, err
		}
	}
	return letters, ctx.Err()
}

// paths are places where something has arrived.
type paths struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (p *paths) add(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[path] = true
}

func (p *paths) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.seen)
}
