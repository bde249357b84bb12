package resolve

import (
	"fmt"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
)

func TestAFloodDoesNotWipeOutWhatIsRemembered(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	r := newRecent(func() time.Time { return clock })
	r.note("late", 5*time.Minute)
	for n := range limits.Recent + 100 {
		clock = clock.Add(time.Millisecond)
		r.note(fmt.Sprint(n), time.Minute)
	}
	if len(r.seen) != limits.Recent || !r.has("late") || !r.has(fmt.Sprint(limits.Recent+99)) || r.has("0") {
		t.Errorf("%d remembered; the late one: %v, the oldest: %v", len(r.seen), r.has("late"), r.has("0"))
	}
	clock = clock.Add(2 * time.Minute)
	if r.note("next", time.Minute); len(r.seen) != 2 {
		t.Errorf("%d remembered after all but two are over", len(r.seen))
	}
}

func TestWhatIsOverMayBeAskedForAgain(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	r := newRecent(func() time.Time { return clock })
	if !r.first("a", time.Minute) || r.first("a", time.Minute) || !r.first("b", time.Minute) {
		t.Error("each is first once")
	}
	r.forget("b")
	if !r.first("b", time.Minute) {
		t.Error("what is forgotten was not asked for")
	}
	clock = clock.Add(time.Minute)
	if r.has("a") || !r.first("a", time.Minute) {
		t.Error("its while is over")
	}
}
