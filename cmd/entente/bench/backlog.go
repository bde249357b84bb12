package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// backlog: a million deliveries wait for 10,000 hosts that are gone, and a few hosts are
// well. What counts is what the program holds meanwhile, and how soon those have a post.
func backlog(ctx context.Context, r *run) error {
	const eachHost, well = 100, 20
	h, w, err := r.openWorld(ctx, well)
	if err != nil {
		return err
	}
	defer h.close()
	defer w.close()
	author, other, err := h.authors(ctx, w)
	if err != nil {
		return err
	}
	gone := or(r.Hosts, 10_000)
	if err := h.strand(ctx, author.actor, gone, eachHost); err != nil {
		return err
	}
	r.say("%d deliveries wait for %d hosts that are gone", gone*eachHost, gone)
	if err := h.begin(ctx); err != nil {
		return err
	}
	var took []float64
	began := time.Now()
	for n := 0; n < or(r.Posts, 40); n++ {
		t, err := h.round(ctx, w, author, other, n)
		if err != nil {
			return err
		}
		took = append(took, 1000*well/t.rate)
		time.Sleep(time.Second)
	}
	waiting, dead, err := h.db.CountParked(ctx)
	if err != nil {
		return err
	}
	r.note(fmt.Sprintf("wait for %d hosts that are gone, at the end", gone), float64(waiting+dead), "deliveries")
	r.note("looked at for", time.Since(began).Seconds(), "s")
	r.most(fmt.Sprintf("a post to %d hosts that are well, until the last has it, p50", well), median(took), "ms", 1000)
	r.most("  the slowest", slices.Max(took), "ms", 2000)
	r.most("most memory of the program", memory(h.program.pid(), "VmHWM"), "MiB", 300)
	return nil
}

// strand parks one activity of an author many times for hosts where nobody listens.
func (h *house) strand(ctx context.Context, author store.Actor, hosts, each int) error {
	a := store.Recorded{Key: store.NewKey(time.Now()), Type: "Like", Actor: author.Key, Local: true, Outcome: store.Applied}
	a.IRI = activity.ID(h.URL + "/activities/" + a.Key.String())
	a.Raw = fmt.Appendf(nil, `{"@context":%q,"id":%q,"type":"Like","actor":%q,"object":%q}`, "https://www.w3.org/ns/activitystreams", a.IRI, author.ID, author.ID)
	err := h.db.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.Record(ctx, a)
		return err
	})
	if err != nil {
		return err
	}
	names := make([]string, hosts)
	for n := range names {
		names[n] = fmt.Sprintf("gone%d.localhost:1", n)
	}
	return h.db.InBulk(ctx, false, func(b *store.Bulk) error {
		if err := b.Partners(ctx, agreement.Everything().Raw(), slices.Values(names)); err != nil {
			return err
		}
		return b.Stranded(ctx, a.Key, author.Key, names, each)
	})
}
