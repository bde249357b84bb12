package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
)

func TestAnOutboxHasTheActivitiesThatWereDelivered(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, alice, globex, bea := guest(t)
	atlas := acme.opens(alice, "Atlas", "*")
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "hello"})
	acme.do(err)
	edited, err := acme.Post(ctx, alice, federation.Draft{Text: "helo"})
	acme.do(err)
	globex.send(acme, globex.create(bea, "/notes/1", "boost me"))
	pump(t, acme)
	foreign := acme.note(activity.ID(globex.id("/notes/1")))
	for range 2 { // the latest counts
		_, err = acme.Boost(ctx, alice, foreign)
		acme.do(err)
		acme.do(acme.Unboost(ctx, alice, foreign))
	}
	_, err = acme.Boost(ctx, alice, foreign)
	acme.do(err)
	grouped, err := acme.Post(ctx, alice, federation.Draft{Text: "inside", Group: atlas.Key})
	acme.do(err)
	acme.do(acme.Like(ctx, alice, grouped))
	_, err = acme.Edit(ctx, alice, edited, federation.Draft{Text: "hello again"})
	acme.do(err)
	for path, about := range map[string][]activity.ID{"/users/alice": {grouped.ID, foreign.ID, edited.ID, post.ID}, "/groups/atlas": {grouped.ID}} {
		var page struct {
			Items []json.RawMessage `json:"orderedItems"`
		}
		_, body := acme.get(globex, bea, path+"/outbox?page=1")
		if err := json.Unmarshal([]byte(body), &page); err != nil || path == "/groups/atlas" && len(page.Items) != 1 || len(page.Items) < 3 && path != "/groups/atlas" {
			t.Fatalf("%s has %s, %v", path, body, err)
		}
		for _, item := range page.Items {
			env, err := activity.ReadEnvelope(item)
			acme.do(err)
			status, said := acme.get(globex, bea, strings.TrimPrefix(string(env.ID), acme.House.URL))
			if env.Object.ID == edited.ID {
				if status != 200 || env.Object.Raw != nil || strings.Contains(string(item), "helo") {
					t.Errorf("of what has changed it has %s, of which there is %d", item, status)
				}
			} else if same := string(item) == said; status != 200 || !same {
				t.Errorf("%s has %s, delivered was %d %s (of %v)", path, item, status, said, about)
			}
		}
	}
}
