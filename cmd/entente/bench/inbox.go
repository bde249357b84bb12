package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// inbox: people on some hosts, all followed by one of ours, write; their servers
// deliver that, signed, many at once. It counts until the last post is at home.
func inbox(ctx context.Context, r *run) error {
	h, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	got, err := h.takeIn(ctx)
	if err != nil {
		return err
	}
	r.least("stored and readable at home", got.rate, "/s", 1200)
	r.each("post", got.cost, got.posts, 1.2)
	r.note("HTTP answer, p50", percentile(got.answers, 50), "ms")
	r.note("HTTP answer, p99", percentile(got.answers, 99), "ms")
	return nil
}

// intake is what came of posts that were sent in.
type intake struct {
	posts   int
	rate    float64 // per second, until the last one was readable
	cost    cost
	answers []time.Duration
}

// takeIn sends in posts of people whom a new one of ours follows.
func (h *house) takeIn(ctx context.Context) (got intake, err error) {
	got.posts = or(h.Posts, 5000)
	w, err := newWorld(ctx, or(h.run.Hosts, 20))
	if err != nil {
		return got, err
	}
	defer w.close()
	reader, people, err := h.audience(ctx, w)
	if err != nil {
		return got, err
	}
	h.say("%d posts by %d people on %d hosts are signed", got.posts, len(people), len(w.names))
	letters, notes, err := h.letters(ctx, people, got.posts)
	if err != nil {
		return got, err
	}
	if err := h.begin(ctx); err != nil {
		return got, err
	}
	before, began := h.cost(), time.Now()
	if got.answers, err = h.sendAll(ctx, letters, or(h.AtOnce, 64)); err != nil {
		return got, err
	}
	h.say("all are accepted after %.1f s", time.Since(began).Seconds())
	err = until(ctx, 50*time.Millisecond, func() (bool, error) {
		n, err := h.db.CountHome(ctx, reader.actor.Key)
		return n >= got.posts, err
	})
	if err != nil {
		return got, err
	}
	if top, err := reader.home(ctx, "limit=1"); err != nil || len(top) != 1 {
		return got, fmt.Errorf("nothing can be read at home: %w", err)
	}
	took := time.Since(began)
	got.rate, got.cost = float64(got.posts)/took.Seconds(), h.cost().since(before)
	h.say("all are stored after %.1f s; is each of them there once?", took.Seconds())
	return got, reader.readsAll(ctx, notes)
}

// audience makes one of our people, who follows everybody in the world.
func (h *house) audience(ctx context.Context, w *world) (*client, []person, error) {
	reader, err := h.hire(ctx, "reader")
	if err != nil {
		return nil, nil, err
	}
	keys, err := h.keys(4)
	if err != nil {
		return nil, nil, err
	}
	people := w.people(10*len(w.names), keys)
	return reader, people, h.invite(ctx, w, people, func(p person) store.Edge { return followOf(reader.actor.Key, p.Key) })
}

// letters are n signed requests, each with a post of one of the people, and the ids of
// the posts.
func (h *house) letters(ctx context.Context, people []person, n int) ([]*http.Request, map[string]bool, error) {
	letters, notes := make([]*http.Request, n), map[string]bool{}
	var all sync.WaitGroup
	var failed atomic.Pointer[error]
	for i := range n {
		notes[string(people[i%len(people)].noteID(i))] = true
	}
	for part := range parts {
		all.Go(func() {
			for i := part; i < n && ctx.Err() == nil; i += parts {
				p := people[i%len(people)]
				var err error
				if letters[i], err = p.letter(ctx, h.here()+"/inbox", p.create(i)); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return nil, nil, *err
	}
	return letters, notes, ctx.Err()
}

// parts is how many prepare at once.
const parts = 4

func (p person) noteID(n int) activity.ID { return p.ID + activity.ID(fmt.Sprintf("/notes/%d", n)) }

// create is the activity of post number n, as Mastodon would send it.
func (p person) create(n int) []byte {
	id, now := p.noteID(n), time.Now().UTC().Format(time.RFC3339)
	to, cc := []activity.ID{activity.Public}, []activity.ID{p.Followers.ID}
	body, _ := json.Marshal(map[string]any{ // of strings only
		"@context": activity.Context, "id": id + "/activity", "type": "Create", "actor": p.ID, "published": now, "to": to, "cc": cc,
		"object": map[string]any{"id": id, "type": "Note", "attributedTo": p.ID, "published": now, "to": to, "cc": cc, "url": id, "sensitive": false,
			"content": fmt.Sprintf("<p>Post number %d: what was decided today, who does what until Friday, and where the drawings are. <a href=\"https://plans.example/%d\">The plan</a> has changed on two pages.</p>", n, n)}})
	return body
}

// sendAll sends requests, so many at once, and gives how long each answer took; every
// answer must be a 2xx.
func (h *house) sendAll(ctx context.Context, letters []*http.Request, atOnce int) ([]time.Duration, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	answers := make([]time.Duration, len(letters))
	var next atomic.Int64
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(letters) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				began := time.Now()
				if err := h.send(letters[i].WithContext(ctx)); err != nil {
					stop(err)
				}
				answers[i] = time.Since(began)
			}
		})
	}
	all.Wait()
	return answers, context.Cause(ctx)
}

func (h *house) send(r *http.Request) error {
	resp, err := h.browser.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("the inbox answers %d: %.300s", resp.StatusCode, body)
	}
	return err
}
