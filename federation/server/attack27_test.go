package server_test

import (
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
)

// fingers makes a host answer WebFinger, whoever is asked for: subject is the actor.
func (s *stranger) fingers(subject, actor string) {
	s.serve("/.well-known/webfinger", map[string]any{"subject": subject, "links": []any{
		map[string]any{"rel": "self", "type": "application/activity+json", "href": actor}}})
}

// A host says that its own actor goes by a name of another host, which does not say so.
func TestAttack27ASubjectOfAnotherDomainIsNobodysHandle(t *testing.T) {
	t.Parallel()
	ways := map[string]func(acme *company, evil *stranger, mallory string){
		"a search for a handle": func(acme *company, evil *stranger, _ string) {
			_, err := acme.Search(t.Context(), acme.person("alice"), "@victim@"+evil.host, true)
			acme.do(err)
		},
		"a mention in a post of ours": func(acme *company, evil *stranger, _ string) {
			post, err := acme.Post(t.Context(), acme.person("alice"), federation.Draft{Text: "hello @victim@" + evil.host})
			acme.do(err)
			if len(post.Mentions()) != 0 {
				t.Errorf("it names %v", post.Mentions())
			}
		},
		"a handle that an actor claims": func(acme *company, _ *stranger, mallory string) {
			actorOf(acme, acme.person("alice"), mallory)
		},
	}
	for way, do := range ways {
		for name, answer := range map[string]func(good *stranger){
			"has another":   func(good *stranger) { good.fingers("acct:victim@"+good.host, good.person("victim")) },
			"knows nobody":  func(*stranger) {},
			"is of no word": func(good *stranger) { good.fingers("acct:somebody@"+good.host, good.id("/users/somebody")) },
		} {
			t.Run(way+", the other "+name, func(t *testing.T) {
				t.Parallel()
				acme := found(t, "acme", true)
				good, evil := newStranger(t, "good"), newStranger(t, "evil")
				mallory, doc := evil.person("victim"), evil.actor("victim")
				doc["webfinger"] = "victim@" + good.host
				evil.serve("/users/victim", doc)
				evil.fingers("acct:victim@"+good.host, mallory)
				answer(good)
				do(acme, evil, mallory)
				pump(t, acme)
				if evil.asked() == 0 || good.asked() == 0 {
					t.Fatal("nobody was asked, so it proves nothing")
				}
				if a, err := acme.db.ActorByHandle(t.Context(), "victim", good.host); activity.KindOf(err) != activity.NotFound {
					t.Errorf("@victim@%s is %s, %v", good.host, a.ID, err)
				}
			})
		}
	}
}
