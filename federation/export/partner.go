package export

import (
	"context"

	"entente.example/entente/store"
)

// Partner exports what this company shares with another one, as Group does: the groups
// with people of both in, and what they have said to each other elsewhere; their private
// messages too, if those are asked for.
func (e *Exporter) Partner(ctx context.Context, host string, messages bool, to Shelf, told Told) (m Manifest, err error) {
	return m, e.db.Snapshot(ctx, func(from *store.Snapshot) error {
		b := newBook(e.house.Host, "partner", host, from.At, to, told)
		groups, err := from.TakeGroups(ctx, host)
		if err != nil {
			return err
		}
		for _, g := range groups {
			b.folder = "groups/" + g.Key.String() + "/"
			if err := e.group(ctx, from, g, b); err != nil {
				return err
			}
		}
		b.folder = ""
		if err := e.threads(ctx, from, host, b); err != nil {
			return err
		}
		if messages {
			if err := e.messages(ctx, from, host, b); err != nil {
				return err
			}
		}
		m, err = b.close()
		return err
	})
}

func (e *Exporter) threads(ctx context.Context, from *store.Snapshot, host string, b *book) error {
	l := b.lines("threads")
	threads, err := from.TakeThreads(ctx, host)
	if err != nil {
		return err
	}
	for _, thread := range threads {
		take := func(after store.Key) ([]store.Taken, error) { return from.TakeThread(ctx, thread, after) }
		if err := e.said(ctx, from, l, take); err != nil {
			return err
		}
	}
	return l.end()
}

func (e *Exporter) messages(ctx context.Context, from *store.Snapshot, host string, b *book) error {
	l := b.lines("messages")
	take := func(after store.Key) ([]store.Taken, error) { return from.TakeMessages(ctx, host, after) }
	if err := e.said(ctx, from, l, take); err != nil {
		return err
	}
	return l.end()
}
