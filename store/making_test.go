package store_test

import (
	"context"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

func TestAWordMakesOneThingWithinAnHour(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	makes := func(ago time.Duration, member store.Key, word string, key store.Key) error {
		return db.InTx(t.Context(), func(tx *store.Tx) error {
			tx.Now = tx.Now.Add(-ago)
			return tx.Once(t.Context(), member, word, key)
		})
	}
	made := func(member store.Key, word string, want store.Key) {
		t.Helper()
		key, err := db.Made(t.Context(), member, word)
		if (activity.KindOf(err) == activity.NotFound) != (want == 0) || key != want {
			t.Errorf("%q of %d made %d, %v; want %d", word, member, key, err, want)
		}
	}
	for i, refused := range []bool{false, true, false, false} {
		member, word := []store.Key{1, 1, 2, 1}[i], []string{"a", "a", "a", "b"}[i]
		err := makes(59*time.Minute, member, word, store.Key(10+i))
		if (err != nil) != refused || refused && activity.KindOf(err) != activity.Conflict {
			t.Errorf("%q of %d: %v; refused: %t", word, member, err, refused)
		}
	}
	made(1, "a", 10)
	made(2, "a", 12)
	made(3, "a", 0)

	if err := makes(61*time.Minute, 4, "old", 20); err != nil {
		t.Fatal(err)
	}
	made(4, "old", 0)
	if err := makes(0, 4, "old", 21); err != nil {
		t.Errorf("a word is not forgotten: %v", err)
	}
	made(4, "old", 21)
}

func TestAWordOfWhatFailsIsFree(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		if err := tx.Once(t.Context(), 1, "a", 10); err != nil {
			return err
		}
		return activity.ErrNotFound()
	})
	if activity.KindOf(err) != activity.NotFound {
		t.Fatal(err)
	}
	in(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.Once(ctx, 1, "a", 11) })
}
