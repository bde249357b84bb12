package bench

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strconv"
	"time"

	"entente.example/entente/cmd/entente/bench/seed"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// post: somebody whom all of a large company follows writes. How soon has the author an
// answer, and when can the last of them read it?
func post(ctx context.Context, r *run) error {
	h, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	author, err := h.hire(ctx, "author")
	if err != nil {
		return err
	}
	fans := or(r.Fans, 100_000)
	r.say("%d local followers", fans)
	people, err := h.employ(ctx, fans, author.actor.Key)
	if err != nil {
		return err
	}
	readers, err := h.samples(ctx, people)
	if err != nil {
		return err
	}
	if err := h.begin(ctx); err != nil {
		return err
	}
	return r.broadcast(ctx, h, author, readers, fans)
}

// broadcast writes some posts, and waits for each until all samples can read it.
func (r *run) broadcast(ctx context.Context, h *house, author *client, readers []*client, fans int) error {
	var answers, shown []float64
	before := h.cost()
	rounds := or(r.Rounds, 5)
	for n := range rounds {
		began := time.Now()
		s, answer, err := author.writes(ctx, fmt.Sprintf("To the whole company, for the %d. time", n))
		if err != nil {
			return err
		}
		if err := seenBy(ctx, readers, s); err != nil {
			return err
		}
		answers, shown = append(answers, ms(answer)), append(shown, ms(time.Since(began)))
		r.say("round %d: answered after %.0f ms, visible to all after %.0f ms", n, ms(answer), ms(time.Since(began)))
	}
	r.most(fmt.Sprintf("the author's answer, %d local followers (median)", fans), median(answers), "ms", 30)
	r.most("  the slowest", slices.Max(answers), "ms", 30)
	r.most("visible to all (the slowest)", slices.Max(shown), "ms", 2000)
	r.each("post", h.cost().since(before), rounds, 0)
	return nil
}

// employ adds n of our people, who follow somebody. They share one key: nobody of
// them will sign anything.
func (h *house) employ(ctx context.Context, n int, whom store.Key) ([]store.Actor, error) {
	key, err := httpsign.NewEd25519()
	if err != nil {
		return nil, err
	}
	pem, err := httpsign.EncodePrivateKey(key)
	if err != nil {
		return nil, err
	}
	public := httpsign.EncodeMultikey(key.Public().(ed25519.PublicKey))
	people := make([]store.Actor, n)
	for i := range people {
		people[i] = seed.Colleague(h.House, "Person", "m"+strconv.Itoa(i), public, store.NewKey(time.Now()))
	}
	return people, h.db.InBulk(ctx, n > 10_000, func(b *store.Bulk) error {
		if err := b.Actors(ctx, slices.Values(people)); err != nil {
			return err
		}
		if err := b.Members(ctx, mapped(people, func(a store.Actor) store.Member {
			return store.Member{Actor: a.Key, Email: string(a.Username) + "@bench.example"}
		})); err != nil {
			return err
		}
		if err := b.Secrets(ctx, mapped(people, func(a store.Actor) store.Secret {
			return store.Secret{Actor: a.Key, Kind: store.Ed25519, KeyID: a.ID + "#ed25519-key", PEM: pem}
		})); err != nil || whom == 0 {
			return err
		}
		return b.Edges(ctx, mapped(people, func(a store.Actor) store.Edge { return followOf(a.Key, whom) }))
	})
}

// samples are clients of some of the people, from the first to the last.
func (h *house) samples(ctx context.Context, people []store.Actor) ([]*client, error) {
	const some = 20
	var all []*client
	for i := range min(some, len(people)) {
		c, err := h.client(ctx, people[i*(len(people)-1)/max(min(some, len(people))-1, 1)])
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// seenBy waits until all of them have a status at the top of what they read at home.
func seenBy(ctx context.Context, readers []*client, s status) error {
	for _, c := range readers {
		err := until(ctx, 5*time.Millisecond, func() (bool, error) {
			top, err := c.home(ctx, "limit=1")
			return len(top) > 0 && top[0].URI == s.URI, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
