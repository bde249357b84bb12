package bench

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"entente.example/entente/cmd/entente/bench/seed"
)

// timeline: where much has been written, somebody who follows many people and is in
// many groups reads at home, four requests at once.
func timeline(ctx context.Context, r *run) error {
	h, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	reader, p, err := h.seeded(ctx)
	if err != nil {
		return err
	}
	if err := h.begin(ctx); err != nil {
		return err
	}
	n, atOnce := or(r.Reads, 2000), or(r.AtOnce, 4)
	where := fmt.Sprintf("of %d accounts and %d posts", p.Accounts, p.Posts)
	if h.pg == nil {
		where = "of the given database"
	}
	if _, err := h.read(ctx, reader, 100, atOnce, top); err != nil { // connections are opened
		return err
	}
	before := h.cost()
	times, err := h.read(ctx, reader, n, atOnce, top)
	if err != nil {
		return err
	}
	r.most("home, 20 "+where+", p50", percentile(times, 50), "ms", 4)
	r.most("  p99", percentile(times, 99), "ms", 15)
	r.each("page", h.cost().since(before), n, 0)
	deep := func(i int) string { return "limit=20&max_id=" + p.KeyOf(seed.UpTo(p.Posts, i, 20)).String() }
	if times, err = h.read(ctx, reader, n/4, atOnce, deep); err != nil {
		return err
	}
	r.note("  somewhere further down, p50", percentile(times, 50), "ms")
	r.note("  p99", percentile(times, 99), "ms")
	return nil
}

func top(int) string { return "limit=20" }

// seeded fills the house, unless it was given, and gives the one who reads.
func (h *house) seeded(ctx context.Context) (*client, *seed.Plan, error) {
	size := or(h.Seed, seed.Small())
	p := seed.New(size, h.House)
	if h.pg != nil {
		var err error
		if p, err = seed.Write(ctx, h.db, h.House, size, h.say); err != nil {
			return nil, nil, err
		}
	}
	actor, err := h.db.ActorByKey(ctx, p.Keys[0])
	if err != nil {
		return nil, nil, fmt.Errorf("nobody is there who could read: fill the database with 'entente bench seed': %w", err)
	}
	c, err := h.client(ctx, actor)
	return c, p, err
}

// read reads pages at home, so many at once, and gives how long each took. Each has 20
// posts.
func (h *house) read(ctx context.Context, c *client, n, atOnce int, query func(int) string) ([]time.Duration, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	times := make([]time.Duration, n)
	var next atomic.Int64
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				began := time.Now()
				code, body, err := h.ask(ctx, http.MethodGet, "/api/v1/timelines/home?"+query(i), nil, c.token)
				if err == nil && (code != http.StatusOK || len(body) < 100) {
					err = fmt.Errorf("the home timeline answers %d: %.300s", code, body)
				}
				if err != nil {
					stop(err)
				}
				times[i] = time.Since(began)
			}
		})
	}
	all.Wait()
	return times, context.Cause(ctx)
}

// ingestFull is inbox twice: on an empty database, and on one that has much in it.
func ingestFull(ctx context.Context, r *run) error {
	anew := *r
	anew.Database = ""
	empty, err := anew.open(ctx)
	if err != nil {
		return err
	}
	before, err := empty.takeIn(ctx)
	empty.close()
	if err != nil {
		return err
	}
	full, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer full.close()
	_, p, err := full.seeded(ctx)
	if err != nil {
		return err
	}
	after, err := full.takeIn(ctx)
	if err != nil {
		return err
	}
	r.note("stored, empty database", before.rate, "/s")
	r.note(fmt.Sprintf("stored, beside %s posts", map[bool]string{true: strconv.Itoa(p.Posts), false: "the given database's"}[full.pg != nil]), after.rate, "/s")
	r.least("  of the rate of an empty one", after.rate/before.rate, "", 0.9)
	r.each("post, empty database", before.cost, before.posts, 0)
	r.each("post, full database", after.cost, after.posts, 0)
	return nil
}
