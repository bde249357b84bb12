package server

import (
	"io"
	"sync"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// held is how much of the bodies of requests is in memory, in bytes: of all, and of each
// address. They are read before it is known who sends them.
type held struct {
	lock sync.Mutex
	all  int
	each map[string]int
}

// heldBody is a body as far as it has come.
type heldBody struct {
	io.Reader
	held *held
	from string
	size int
}

// read reads a body of an address; done is to be called when it is in memory no more.
func (h *held) read(from string, body io.Reader) (b *heldBody, done func()) {
	b = &heldBody{Reader: body, held: h, from: from}
	return b, func() { h.change(from, -b.size) }
}

// Read refuses (TooMany) what there is no room for: its sender comes again.
func (b *heldBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.size += n
	if !b.held.change(b.from, n) {
		return 0, activity.After(time.Second, activity.Refuse(activity.TooMany, "busy", "too much is being sent at once: try again in a moment"))
	}
	return n, err
}

// change says whether there is room for what there is then.
func (h *held) change(from string, by int) bool {
	h.lock.Lock()
	defer h.lock.Unlock()
	if h.each == nil {
		h.each = map[string]int{}
	}
	h.all, h.each[from] = h.all+by, h.each[from]+by
	if h.each[from] == 0 {
		delete(h.each, from)
	}
	return h.all <= limits.BodiesHeld && h.each[from] <= limits.BodiesHeldEach
}
