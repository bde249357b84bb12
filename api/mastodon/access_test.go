package mastodon_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/store"
)

func TestAttack25ATokenThatIsOverWorksOnNoRoute(t *testing.T) {
	t.Parallel()
	c := open(t)
	revoked, other, locked := c.hire("alice"), c.hire("bob"), c.hire("carol")
	app := &person{company: c, token: c.issue(0, "read", "write", "follow")}
	for _, p := range []*person{revoked, locked, app} {
		p.does("GET", "/api/v1/apps/verify_credentials")
	}
	c.tx(func(tx *store.Tx) error {
		if err := tx.RevokeToken(t.Context(), c.app.Key, revoked.token); err != nil {
			return err
		}
		if err := tx.RevokeToken(t.Context(), c.app.Key, app.token); err != nil {
			return err
		}
		return tx.Lock(t.Context(), locked.Key)
	})
	for name, p := range map[string]*person{"revoked": revoked, "an app's, revoked": app, "of a locked member": locked, "issued after the lock": locked.with("read", "write", "follow"),
		"cut": {company: c, token: other.token[1:]}, "twice": {company: c, token: other.token + other.token}} {
		for _, r := range c.api.Table() {
			method, path := lineTo(r, other.Key.String())
			if a := p.asks(method, path); !r.Policy.IsAnyone() && (a.StatusCode != http.StatusUnauthorized || a.object()["reason"] != "invalid_token") {
				t.Errorf("%s takes a token that is %s: HTTP %d %s", r.Pattern, name, a.StatusCode, a.body)
			}
		}
	}
	other.does("GET", "/api/v1/accounts/verify_credentials")
}

// Every route that writes to one thing is walked with the things of somebody else.
func TestAttack25WhatIsAnothersIsAsIfItWereNotThereOnEveryRouteThatWrites(t *testing.T) {
	t.Parallel()
	h := open(t).hide()
	seen := func() (all []string) {
		for i, at := range []string{"media", "scheduled_statuses", "notifications"} {
			all = append(all, h.alice.does("GET", "/api/v1/"+at+"/"+h.others[i]).body)
		}
		for _, key := range h.notes {
			all = append(all, h.bob.does("GET", "/api/v1/statuses/"+key).body)
		}
		return all
	}
	before := seen()
	form := []string{"status", "stolen", "description", "stolen", "scheduled_at", time.Now().Add(48 * time.Hour).Format(time.RFC3339), "choices[]", "0"}
	for _, who := range h.outsiders {
		for _, r := range h.api.Table() {
			method, path := lineTo(r, "{id}")
			if method == http.MethodGet || !strings.Contains(path, "{id}") {
				continue
			}
			at := func(id string) answer { return who.asks(method, strings.ReplaceAll(path, "{id}", id), form...) }
			missing := at("7")
			for _, key := range slices.Concat(h.notes, h.others) {
				if a := at(key); !a.isLike(missing) {
					t.Errorf("%s gives %s %d %s for %s, and %d %s for what is missing", r.Pattern, who.Username, a.StatusCode, a.body, key, missing.StatusCode, missing.body)
				}
			}
		}
	}
	if after := seen(); !slices.Equal(after, before) {
		t.Errorf("it was\n%q\nand is\n%q", before, after)
	}
}

func TestAttack25WhatIsAnothersIsNotTakenAlongInAForm(t *testing.T) {
	t.Parallel()
	h := open(t).hide()
	for field, key := range map[string]string{"media_ids[]": h.others[0], "in_reply_to_id": h.notes[1], "quoted_status_id": h.notes[1], "group_id": h.secret} {
		for _, who := range h.outsiders {
			for _, route := range []string{"/api/v1/statuses", "/api/entente/v1/audience"} {
				at := func(key string) answer {
					a := who.asks("POST", route, "status", "mine", field, key)
					a.body = strings.ReplaceAll(a.body, key, "it")
					return a
				}
				if a, missing := at(key), at("117000000000000007"); a.StatusCode == http.StatusOK || !a.isLike(missing) {
					t.Errorf("%s of %s to %s: %d %s, and %d %s for what is missing", field, who.Username, route, a.StatusCode, a.body, missing.StatusCode, missing.body)
				}
			}
		}
	}
	for _, who := range h.outsiders[:2] {
		at := func(key string) answer {
			return who.asks("POST", "/api/v1/reports", "account_id", h.alice.Key.String(), "status_ids[]", key)
		}
		if a, missing := at(h.notes[1]), at("7"); a.StatusCode != missing.StatusCode || strings.Contains(a.body, h.notes[1]) || strings.Contains(a.body, "hush") {
			t.Errorf("a report of %s: %d %s, and %d %s for what is missing", who.Username, a.StatusCode, a.body, missing.StatusCode, missing.body)
		}
	}
}
