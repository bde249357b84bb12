package server_test

import (
	"fmt"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// sign is what somebody elsewhere does that one of our people is told of, other than by a
// word to them.
type sign func(c *company, s *stranger, actor, id string, to store.Actor) map[string]any

// toPost is a sign about a new post.
func toPost(more map[string]any) sign {
	return func(c *company, s *stranger, actor, id string, to store.Actor) map[string]any {
		post, err := c.Post(c.t.Context(), to, federation.Draft{Text: "for all"})
		c.do(err)
		doc := map[string]any{"id": id, "actor": actor, "object": post.ID, "to": activity.Public}
		for k, v := range more {
			doc[k] = v
		}
		return doc
	}
}

func quoteOf(c *company, s *stranger, actor, id string, to store.Actor) map[string]any {
	doc := toPost(map[string]any{"type": "QuoteRequest"})(c, s, actor, id, to)
	path := id[len(s.url):] + "/note"
	quoting := s.create(actor, path, "look")["object"].(map[string]any)
	quoting["quote"] = doc["object"]
	s.serve(path, quoting)
	doc["instrument"] = quoting
	return doc
}

func followOf(_ *company, _ *stranger, actor, id string, to store.Actor) map[string]any {
	return map[string]any{"id": id, "type": "Follow", "actor": actor, "object": to.ID}
}

// wishToJoin is to a group that to moderates.
func wishToJoin(c *company, _ *stranger, actor, id string, to store.Actor) map[string]any {
	g, err := c.OpenGroup(c.t.Context(), to, federation.GroupDraft{Name: "of " + string(to.Username), Companies: []string{"*"}, Access: activity.AccessClosed})
	c.do(err)
	return map[string]any{"id": id, "type": "Join", "actor": actor, "object": g.ID}
}

func inviteOf(_ *company, _ *stranger, actor, id string, to store.Actor) map[string]any {
	return map[string]any{"id": id, "type": "Invite", "actor": actor, "object": actor, "target": to.ID}
}

// inviteIntoOurs is by a member of a group that lets its members invite.
func inviteIntoOurs(c *company, _ *stranger, actor, id string, to store.Actor) map[string]any {
	keeper := c.person("keeper" + string(to.Username))
	g, err := c.OpenGroup(c.t.Context(), keeper, federation.GroupDraft{Name: "led by " + string(keeper.Username), Companies: []string{"*"}, Inviting: store.AllMembers})
	c.do(err)
	c.joined(store.Membership, c.knows(actor), g)
	return map[string]any{"id": id, "type": "Invite", "actor": actor, "object": g.ID, "target": to.ID}
}

// Each verb that tells somebody of something is bounded like a first word: see the same
// attack by mentions.
func TestAttack28AStrangerSignalsToManyPeople(t *testing.T) {
	t.Parallel()
	acme, evil := found(t, "acme", true), newStranger(t, "evil")
	for verb, sign := range map[string]sign{
		"Like":             toPost(map[string]any{"type": "Like"}),
		"Like with emoji":  toPost(map[string]any{"type": "Like", "content": "🎉"}),
		"EmojiReact":       toPost(map[string]any{"type": "EmojiReact", "content": "👀"}),
		"Announce":         toPost(map[string]any{"type": "Announce"}),
		"QuoteRequest":     quoteOf,
		"Follow":           followOf,
		"Join":             wishToJoin,
		"Invite":           inviteOf,
		"Invite into ours": inviteIntoOurs,
	} {
		name := strings.ToLower(strings.ReplaceAll(verb, " ", ""))
		who := evil.person(name)
		if verb == "Invite" {
			evil.serve("/users/"+name, group(evil, name))
		}
		acme.do(acme.Errand().Ensure(t.Context(), activity.ID(who)))
		met := acme.knows(who)
		acme.tx(func(tx *store.Tx) error {
			for range limits.FirstContacts - 1 {
				if err := tx.Meet(t.Context(), store.Contact{Thing: store.NewKey(tx.Now), Author: met.Key}, []store.Key{met.Key}); err != nil {
					return err
				}
			}
			return nil
		})
		first, second, friend := acme.person("first"+name), acme.person("second"+name), acme.person("friend"+name)
		acme.joined(store.Follow, friend, met)
		for i, to := range []struct {
			store.Actor
			told int
		}{{first, 1}, {second, 0}, {friend, 1}} {
			acme.takes(evil, sign(acme, evil, who, evil.id(fmt.Sprint("/signs/", name, i)), to.Actor))
			if got := acme.told(to.Actor); len(got) != to.told {
				t.Errorf("%s: %s was told %q", verb, to.Username, got)
			}
		}
		if n := evil.calls(acme, who, "/words/"+name, 1, first); n != 1 {
			t.Errorf("%s: signs count as words", verb)
		}
		if e, is, err := activity.Optional(acme.db.Edge(t.Context(), store.Invitation, second.Key, met.Key)); err != nil || is {
			t.Errorf("%s: what nobody is told of is among the invitations: %+v, %v", verb, e, err)
		}
	}
}
