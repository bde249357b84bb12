package server

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Bodies are held before it is known who sends them: one address does not keep the others
// out, and all together do not fill the memory.
func TestAttack12BodiesThatComeAtOnceDoNotFillTheMemory(t *testing.T) {
	t.Parallel()
	var h held
	whole := make([]byte, limits.Document)
	var ends []func()
	comes := func(from string) error {
		b, done := h.read(from, bytes.NewReader(whole))
		ends = append(ends, done)
		_, err := io.Copy(io.Discard, b)
		return err
	}
	fill := func(from string, most int) (n int) {
		for n < most && comes(from) == nil {
			n++
		}
		return n
	}
	const each, all = limits.BodiesHeldEach / limits.Document, limits.BodiesHeld / limits.Document
	if n := fill("one", all); n != each {
		t.Errorf("one address sends %d at once, want %d", n, each)
	}
	taken := each
	for i := 0; taken < all; i++ {
		ends[len(ends)-1]() // of the one that was refused
		ends = ends[:len(ends)-1]
		n := fill(fmt.Sprint("other ", i), all)
		if taken += n; n == 0 {
			break
		}
	}
	if taken != all {
		t.Errorf("all addresses send %d at once, want %d", taken, all)
	}
	err := comes("late")
	if f := activity.FaultOf(err); err == nil || f.Reason != "busy" || f.RetryAfter() != "1" {
		t.Errorf("then it is %v", err)
	}
	for _, done := range ends {
		done()
	}
	if err := comes("one"); err != nil || len(h.each) != 1 {
		t.Errorf("when they are gone: %v, %d addresses", err, len(h.each))
	}
}
