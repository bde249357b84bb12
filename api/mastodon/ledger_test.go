package mastodon

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"entente.example/entente/store"
)

func TestAnIdempotencyKeyIsRememberedForAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, made := newLedger(time.Now), store.Key(0)
		alice := store.Viewer{Actor: store.Actor{Key: 1}}
		post := func(v store.Viewer, key string) store.Key {
			n, err := l.once(v, key, func() (store.Note, error) { made++; return store.Note{Key: made}, nil })
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for i, want := range []store.Key{1, 1, 2, 3, 4} {
			if got := post(alice, []string{"a", "a", "b", "", ""}[i]); got != want {
				t.Errorf("call %d gave post %d, not %d", i, got, want)
			}
		}
		if post(store.Viewer{Actor: alice.Actor, App: 7}, "a") != 5 {
			t.Error("another app's key is another key")
		}
		time.Sleep(remembered - time.Minute)
		if post(alice, "a") != 1 {
			t.Error("forgotten too early")
		}
		time.Sleep(2 * time.Minute)
		if post(alice, "a") != 6 {
			t.Error("remembered too long")
		}
		if n := len(l.postings); n != 1 {
			t.Errorf("%d keys are kept", n)
		}
	})
}

func TestAFailureIsNotRemembered(t *testing.T) {
	t.Parallel()
	l := newLedger(time.Now)
	if _, err := l.once(store.Viewer{}, "a", func() (store.Note, error) { return store.Note{}, errors.New("no") }); err == nil {
		t.Fatal("it failed")
	}
	if n, err := l.once(store.Viewer{}, "a", func() (store.Note, error) { return store.Note{Key: 1}, nil }); n != 1 || err != nil {
		t.Errorf("%v, %v", n, err)
	}
}
