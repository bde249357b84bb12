package store

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"sync/atomic"
	"time"

	"entente.example/entente/activity"
)

// Key names a row for ever: milliseconds since 1970 << 16, plus a sequence. It
// grows with time, so ordering by key is ordering by age.
type Key int64

// String is the decimal form, which is also the id in the Mastodon API.
func (k Key) String() string { return strconv.FormatInt(int64(k), 10) }

// Time is when the key was made, to the millisecond.
func (k Key) Time() time.Time { return time.UnixMilli(int64(k) >> 16).UTC() }

// ParseKey reads the decimal form; anything else is the NotFound of a missing
// thing.
func ParseKey(s string) (Key, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, activity.ErrNotFound()
	}
	return Key(n), nil
}

// numbers are keys as a list that can be bound.
func numbers(keys []Key) []int64 { return each(keys, func(k Key) int64 { return int64(k) }) }

// sequence starts anywhere, so that processes that make keys in the same
// millisecond rarely meet; where they do, the primary key refuses the second
// and its transaction is tried again.
var sequence = func() *atomic.Uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	var s atomic.Uint32
	s.Store(binary.BigEndian.Uint32(b[:]))
	return &s
}()

// NewKey makes a key for something of that moment.
func NewKey(at time.Time) Key {
	return Key(at.UnixMilli()<<16 | int64(sequence.Add(1)&0xffff))
}

// Page asks for at most Limit rows with keys under Before and over After (0:
// no bound). With Oldest the rows nearest to After are meant, else the newest;
// the answer is newest first in both cases.
type Page struct {
	Before, After Key
	Oldest        bool
	Limit         int
}

// Limits of one page.
const (
	PageDefault = 20
	PageMax     = 80
)
