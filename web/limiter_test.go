package web

import (
	"fmt"
	"testing"
	"time"
)

func TestTheLimiterRemembersNoMoreThanItShould(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(), time.Now()
	for i := range maxTries + 100 {
		if !l.take(fmt.Sprint(i), 1, now.Add(time.Duration(i)*time.Microsecond)) {
			t.Fatalf("the first attempt of %d is refused", i)
		}
	}
	if len(l.tries) > maxTries {
		t.Errorf("%d are remembered", len(l.tries))
	}
	if l.take(fmt.Sprint(maxTries+99), 1, now) {
		t.Error("the latest was forgotten")
	}
	later := now.Add(2 * triesWindow)
	if !l.take("new", 1, later) || len(l.tries) > 1 {
		t.Errorf("%d are remembered though all are over", len(l.tries))
	}
}

func TestWhatIsGivenBackIsNotCounted(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(), time.Now()
	for range 5 {
		if !l.take("a", 2, now) {
			t.Fatal("refused though given back")
		}
		l.giveBack("a")
	}
	for i, want := range []bool{true, true, false, false} {
		if l.take("a", 2, now) != want {
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
		if addressTries(pair[0]) != addressTries(pair[1]) {
			t.Errorf("%v are two", pair)
		}
	}
	for _, pair := range [][2]string{{"192.0.2.1:1", "192.0.2.2:1"}, {"[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1"}, {"pipe", "@"}} {
		if addressTries(pair[0]) == addressTries(pair[1]) {
			t.Errorf("%v are one", pair)
		}
	}
}
