// Package live tells the streams of this process what has just been committed, in
// this process or another.
//
// A Hub hears the notices of the database and hands them to the streams that they
// concern. It never waits for a stream: one that does not keep up is ended. When
// the connection to the database breaks, every stream is ended, because something
// may have been missed; clients connect again and read what they lack.
package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

const (
	// PerReader is how many streams one person has at most: several clients, each
	// with several streams.
	PerReader = 16
	// MaxStreams is how many one process serves; each costs two goroutines and a buffer.
	MaxStreams = 10_000
	// Backlog is how much may wait for a stream before it counts as too slow. Who
	// is accepted in a group can get a hundred posts at once.
	Backlog = 256
	// again is how soon a broken connection is tried again.
	again = time.Second
)

// Hub hands out what happens. Safe for many users at once.
type Hub struct {
	db  *store.Store
	log *slog.Logger

	mu      sync.Mutex
	hears   bool
	streams map[store.Key]map[*stream]struct{} // by reader
	count   int
}

type stream struct{ events chan store.Live }

// New makes a hub; until Run it hears nothing.
func New(db *store.Store, log *slog.Logger) *Hub {
	return &Hub{db: db, log: log, streams: map[store.Key]map[*stream]struct{}{}}
}

// Run listens until ctx ends, then ends every stream.
func (h *Hub) Run(ctx context.Context) error {
	for {
		err := h.db.Listen(ctx, h.wake, h.tell)
		h.silence()
		if ctx.Err() != nil {
			return nil
		}
		h.log.WarnContext(ctx, "the database is not heard; streams are ended", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// Hear gives what concerns a reader, or everybody, until the returned function is
// called. The channel is closed when the reader is too slow or nothing is heard
// any more. Too many streams are refused: TooMany, "too_many_streams".
func (h *Hub) Hear(reader store.Key) (<-chan store.Live, func(), error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &stream{make(chan store.Live, Backlog)}
	if !h.hears {
		close(s.events)
		return s.events, func() {}, nil
	}
	if h.count >= MaxStreams || len(h.streams[reader]) >= PerReader {
		return nil, nil, activity.Refuse(activity.TooMany, "too_many_streams", "there are too many open streams; close one, or try again later")
	}
	if h.streams[reader] == nil {
		h.streams[reader] = map[*stream]struct{}{}
	}
	h.streams[reader][s] = struct{}{}
	h.count++
	return s.events, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.end(reader, s)
	}, nil
}

// Open is how many streams there are.
func (h *Hub) Open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count
}

// end closes a stream, once.
func (h *Hub) end(reader store.Key, s *stream) {
	if _, ok := h.streams[reader][s]; !ok {
		return
	}
	close(s.events)
	h.count--
	if delete(h.streams[reader], s); len(h.streams[reader]) == 0 {
		delete(h.streams, reader)
	}
}

func (h *Hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hears = true
}

func (h *Hub) silence() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hears = false
	for reader, all := range h.streams {
		for s := range all {
			h.end(reader, s)
		}
	}
}

func (h *Hub) tell(e store.Live) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e.Reader != 0 {
		h.hand(e.Reader, e)
		return
	}
	for reader := range h.streams {
		h.hand(reader, e)
	}
}

func (h *Hub) hand(reader store.Key, e store.Live) {
	for s := range h.streams[reader] {
		select {
		case s.events <- e:
		default:
			h.end(reader, s)
		}
	}
}
