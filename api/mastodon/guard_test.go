package mastodon

import (
	"io"
	"log/slog"
	"testing"

	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

func TestAttack23WhatPanicsIsLeftOutAlone(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	show := func(e store.Entry) (entity.Status, bool) {
		if e.Key == 2 {
			panic("poisoned")
		}
		return entity.Status{ID: e.Key}, true
	}
	for key, want := range map[store.Key]bool{1: true, 2: false, 3: true} {
		if _, ok := guarded(log, store.Entry{Key: key}, show); ok != want {
			t.Errorf("entry %d: shown %v", key, ok)
		}
	}
}
