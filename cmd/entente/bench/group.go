package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/cmd/entente/bench/seed"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// big is the largest group of a large company, with people of many others in it.
type big struct {
	*house
	plan   *seed.Plan
	world  *world
	key    store.Key
	id     activity.ID
	owner  *client
	cookie string // of the owner's browser
}

// group: somebody writes in it, asks who would get something, and reads; people of ours
// and of others join and leave. One thing after another, so that each has the machine.
func group(ctx context.Context, r *run) error {
	g, err := r.openGroup(ctx)
	if err != nil {
		return err
	}
	defer g.close()
	defer g.world.close()
	if err := g.begin(ctx); err != nil {
		return err
	}
	r.note("people in the group", float64(g.plan.Largest), "")
	for _, measure := range []func(context.Context) error{g.reading, g.asking, g.posting, g.joining, g.visiting} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

// openGroup makes the company, unless it is given, and the other servers, which are
// nowhere if it is given.
func (r *run) openGroup(ctx context.Context) (*big, error) {
	size := or(r.Seed, seed.Company())
	size.Partners = or(size.Partners, seed.Company().Partners)
	size.Largest = or(size.Largest, size.Members/5)
	h, w, err := r.openWorld(ctx, size.Partners)
	if err != nil {
		return nil, err
	}
	g := &big{house: h, world: w}
	w.partners = true
	if err := g.found(ctx, size); err != nil {
		w.close()
		h.close()
		return nil, err
	}
	return g, nil
}

func (g *big) found(ctx context.Context, size seed.Size) (err error) {
	if g.pg != nil {
		g.plan, err = seed.Write(ctx, g.db, g.House, size, g.say, g.world.names...)
	} else {
		g.plan = seed.New(size, g.House)
		g.world.names = g.plan.Hosts
	}
	if err != nil {
		return err
	}
	for _, host := range g.plan.Hosts {
		if err := g.db.SetSoftware(ctx, host, federation.Software, "", time.Now()); err != nil {
			return err
		}
	}
	g.key = g.plan.Keys[size.Members]
	group, err := g.db.ActorByKey(ctx, g.key)
	if err != nil {
		return fmt.Errorf("there is no large group: fill the database with 'entente bench seed': %w", err)
	}
	g.id = group.ID
	me, err := g.db.ActorByKey(ctx, g.plan.Keys[0])
	if err != nil {
		return err
	}
	if g.owner, err = g.client(ctx, me); err != nil {
		return err
	}
	g.cookie = store.NewSecret()
	return g.db.InTx(ctx, func(tx *store.Tx) error {
		return tx.PutSession(ctx, store.Session{Hash: store.Hash(g.cookie), Member: me.Key, ExpiresAt: time.Now().Add(time.Hour)})
	})
}

// warm is how often something is done before it counts.
const warm = 5

// times does something so many times, after a few that do not count, and reports it.
func (g *big) times(ctx context.Context, what string, target float64, n int, do func(int) error) error {
	for i := range warm {
		if err := do(i - warm); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	before, took := g.cost(), make([]time.Duration, n)
	for i := range n {
		began := time.Now()
		if err := do(i); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		took[i] = time.Since(began)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	g.most(fmt.Sprintf("%s, p50 of %d", what, n), percentile(took, 50), "ms", target)
	g.spread(took)
	g.each("turn", g.cost().since(before), n, 0)
	return nil
}

func (g *big) reading(ctx context.Context) error {
	n := or(g.Reads, 200)
	err := g.times(ctx, "the group's timeline, 20 posts", 10, n, func(int) error {
		var page []status
		err := g.owner.call(ctx, http.MethodGet, "/api/v1/timelines/group/"+g.key.String()+"?limit=20", nil, &page)
		if err == nil && len(page) == 0 {
			err = errors.New("it is empty")
		}
		return err
	})
	for _, p := range [][3]string{{"the group's web page", "/@g0", "</article>"}, {"the page of its members", "/@g0/members", `class="entry"`}, {"a search for a group", "/search?q=g1", `class="entry"`}} {
		if err == nil {
			err = g.times(ctx, p[0], 10, n, func(int) error { return g.page(ctx, p[1], p[2]) })
		}
	}
	return err
}

// page reads a page of ours as the owner's browser does, which has something on it.
func (g *big) page(ctx context.Context, path, has string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.here()+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "text/html")
	name := "entente_session"
	if strings.HasPrefix(g.URL, "https:") { // as a given company may be known
		name = "__Host-" + name
	}
	r.AddCookie(&http.Cookie{Name: name, Value: g.cookie})
	code, body, err := g.answer(r)
	if err == nil && (code != http.StatusOK || !bytes.Contains(body, []byte(has))) {
		err = fmt.Errorf("%s answers %d: %.300s", path, code, body)
	}
	return err
}

// draft is something to be posted in the group.
func (g *big) draft(text string) url.Values {
	return url.Values{"status": {text}, "group_id": {g.key.String()}}
}

func (g *big) asking(ctx context.Context) error {
	return g.times(ctx, "who would get a post", 20, or(g.Reads, 200), func(i int) error {
		var reach struct {
			People    int      `json:"people"`
			Companies []string `json:"companies"`
		}
		err := g.owner.call(ctx, http.MethodPost, "/api/entente/v1/audience", g.draft(fmt.Sprintf("Shall we, %d?", i)), &reach)
		if err == nil && (reach.People != g.plan.Largest-1 || len(reach.Companies) != g.plan.Partners) {
			err = fmt.Errorf("%d people at %d companies", reach.People, len(reach.Companies))
		}
		return err
	})
}

// posting writes, each time when the post before is at home with everybody, and then counts
// the deliveries.
func (g *big) posting(ctx context.Context) error {
	readers, err := g.members(ctx)
	if err != nil {
		return err
	}
	begun, n := store.NewKey(time.Now()), or(g.Posts, 20)
	var answered, shown []time.Duration
	before := g.cost()
	for i := range n {
		var s status
		began := time.Now()
		if err := g.owner.call(ctx, http.MethodPost, "/api/v1/statuses", g.draft(fmt.Sprintf("What we decided, %d", i)), &s); err != nil {
			return err
		}
		answered = append(answered, time.Since(began))
		if err := seenBy(ctx, readers, s); err != nil {
			return err
		}
		shown = append(shown, time.Since(began))
	}
	g.most(fmt.Sprintf("a post, p50 of %d", n), percentile(answered, 50), "ms", 20)
	g.spread(answered)
	g.note("  at home with everybody, p50", percentile(shown, 50), "ms")
	g.each("post", g.cost().since(before), n, 0)
	return g.delivered(ctx, begun, n)
}

// delivered counts the deliveries of n posts, when all are made.
func (g *big) delivered(ctx context.Context, begun store.Key, n int) (err error) {
	var all, hosts int
	err = until(ctx, 50*time.Millisecond, func() (made bool, err error) {
		all, hosts, made, err = g.db.CountDeliveries(ctx, begun)
		return made, err
	})
	if err != nil {
		return fmt.Errorf("%d deliveries, and not all are made: %w", all, err)
	}
	g.most(fmt.Sprintf("deliveries of a post to %d companies", hosts), float64(all)/float64(n), "", float64(g.plan.Partners))
	return nil
}

// members are some of ours in the group, from the first to the last.
func (g *big) members(ctx context.Context) ([]*client, error) {
	var people []store.Actor
	for _, key := range g.plan.Ours(0) {
		people = append(people, store.Actor{Key: key})
	}
	return g.samples(ctx, people)
}

// joining: ours come and go.
func (g *big) joining(ctx context.Context) error {
	a, err := g.hire(ctx, "guest")
	if err != nil {
		return err
	}
	do := func(what string) func(int) error {
		return func(int) error {
			return a.call(ctx, http.MethodPost, "/api/v1/groups/"+g.key.String()+"/"+what, nil, nil)
		}
	}
	return g.pairs(ctx, "one of ours", do("join"), do("leave"))
}

// pairs measures two things of which the second takes the first back.
func (g *big) pairs(ctx context.Context, who string, join, leave func(int) error) error {
	n := or(g.Posts, 50)
	took := [2][]time.Duration{}
	before := g.cost()
	for i := range n {
		for turn, do := range []func(int) error{join, leave} {
			began := time.Now()
			if err := do(i); err != nil {
				return fmt.Errorf("%s: %w", who, err)
			}
			took[turn] = append(took[turn], time.Since(began))
		}
	}
	for turn, does := range []string{"joins", "leaves"} {
		g.most(fmt.Sprintf("%s %s, p50 of %d", who, does, n), percentile(took[turn], 50), "ms", 20)
		g.spread(took[turn])
	}
	g.each("joining and leaving", g.cost().since(before), n, 0)
	return nil
}

// spread notes how the rest were.
func (g *big) spread(took []time.Duration) {
	g.note("  p99", percentile(took, 99), "ms")
	g.note("  the fastest", ms(slices.Min(took)), "ms")
}

// visiting: people of another company come and go, by signed requests; it is done when it
// is so.
func (g *big) visiting(ctx context.Context) error {
	keys, err := g.keys(1)
	if err != nil {
		return err
	}
	p := g.world.person(0, int(time.Now().UnixMilli()), keys[0])
	err = g.db.InTx(ctx, func(tx *store.Tx) error {
		p.Actor, err = tx.PutActor(ctx, p.Actor)
		return err
	})
	if err != nil {
		return err
	}
	var follow map[string]any
	join := func(i int) error {
		follow = map[string]any{"@context": activity.Context, "id": fmt.Sprintf("%s/follows/%d", p.ID, i), "type": "Follow", "actor": p.ID, "object": g.id}
		return g.until(ctx, p, follow, true)
	}
	leave := func(i int) error {
		return g.until(ctx, p, map[string]any{"@context": activity.Context, "id": fmt.Sprintf("%s/undos/%d", p.ID, i), "type": "Undo", "actor": p.ID, "object": follow}, false)
	}
	return g.pairs(ctx, "somebody of a partner", join, leave)
}

// until sends something, and waits until its actor is in the group, or is not.
func (g *big) until(ctx context.Context, p person, doc map[string]any, in bool) error {
	body, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	r, err := p.letter(ctx, g.here()+"/inbox", body)
	if err != nil {
		return err
	}
	code, text, err := g.answer(r)
	if err == nil && code/100 != 2 {
		err = fmt.Errorf("the inbox answers %d: %.300s", code, text)
	}
	if err != nil {
		return err
	}
	return until(ctx, time.Millisecond, func() (bool, error) {
		is, err := g.db.IsMember(ctx, p.Key, g.key)
		return is == in, err
	})
}
