package limit

import (
	"fmt"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
)

func TestWhatIsWithinTheRateIsNotHeldUp(t *testing.T) {
	t.Parallel()
	l, now, r := New(), time.Now(), Rate{Burst: 3, Every: time.Second}
	for i, want := range []time.Duration{0, 0, 0, time.Second, time.Second} {
		if got := l.Take("a", r, now); got != want {
			t.Errorf("number %d waits %v, not %v", i, got, want)
		}
	}
	if l.Wait("b", r, now) != 0 || l.Take("b", r, now) != 0 {
		t.Error("another name is held up")
	}
	if got := l.Wait("a", r, now.Add(300*time.Millisecond)); got != 700*time.Millisecond {
		t.Errorf("after a while it waits %v", got)
	}
	if l.Take("a", r, now.Add(time.Second)) != 0 || l.Take("a", r, now.Add(time.Second)) == 0 {
		t.Error("each second lets one more pass")
	}
	for i := range 5 {
		if got, want := l.Take("a", r, now.Add(time.Hour)) == 0, i < 3; got != want {
			t.Errorf("an hour later number %d passes: %v", i, got)
		}
	}
}

func TestTheLimiterRemembersNoMoreThanItShould(t *testing.T) {
	t.Parallel()
	l, now, once := New(), time.Now(), Rate{1, time.Minute}
	for i := range limits.PacedNames + 100 {
		if l.Take(fmt.Sprint(i), once, now.Add(time.Duration(i)*time.Microsecond)) != 0 {
			t.Fatalf("the first attempt of %d is refused", i)
		}
	}
	if len(l.names) > limits.PacedNames {
		t.Errorf("%d are remembered", len(l.names))
	}
	if l.Take(fmt.Sprint(limits.PacedNames+99), once, now) == 0 {
		t.Error("the latest was forgotten")
	}
	if l.Take("new", once, now.Add(time.Hour)) != 0 || len(l.names) > 1 {
		t.Errorf("%d are remembered though all are over", len(l.names))
	}
}

func TestWhatIsGivenBackIsNotCounted(t *testing.T) {
	t.Parallel()
	l, now, r := New(), time.Now(), Rate{2, time.Minute}
	for range 5 {
		if l.Take("a", r, now) != 0 {
			t.Fatal("refused though given back")
		}
		l.GiveBack("a", r)
	}
	for i, want := range []bool{true, true, false, false} {
		if (l.Take("a", r, now) == 0) != want {
			t.Errorf("attempt %d is not %v", i+1, want)
		}
	}
}

func TestAddressesOfOneCustomerCountAsOne(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"192.0.2.1:1", "192.0.2.1:2"},
		{"[2001:db8::1]:1", "[2001:db8::ffff:2]:2"},
		{"[::ffff:192.0.2.1]:1", "192.0.2.1:2"},
		{"[fe80::1%eth0]:1", "[fe80::2]:2"},
	} {
		if Address(pair[0]) != Address(pair[1]) {
			t.Errorf("%v are two", pair)
		}
	}
	for _, pair := range [][2]string{{"192.0.2.1:1", "192.0.2.2:1"}, {"[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1"}, {"pipe", "@"}} {
		if Address(pair[0]) == Address(pair[1]) {
			t.Errorf("%v are one", pair)
		}
	}
}
