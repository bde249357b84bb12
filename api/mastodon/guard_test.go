package mastodon

import (
	"log/slog"
	"testing"

	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

func TestAttack23WhatPanicsIsLeftOutAlone(t *testing.T) {
	t.Parallel()
	counted := 0
	door := api.Door{Log: slog.New(slog.DiscardHandler), Defect: func() { counted++ }}
	show := func(e store.Entry) (entity.Status, bool) {
		if e.Key == 2 {
			panic("poisoned")
		}
		return entity.Status{ID: e.Key}, true
	}
	for key, want := range map[store.Key]bool{1: true, 2: false, 3: true} {
		if _, ok := guarded(door, store.Entry{Key: key}, show); ok != want {
			t.Errorf("entry %d: shown %v", key, ok)
		}
	}
	if counted != 1 {
		t.Errorf("%d defects are counted", counted)
	}
}
