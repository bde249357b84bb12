package sending_test

import (
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// moderation plays what those who look after a group do in it, as the group tells it.
func (s *scene) moderation(atlas store.Actor) {
	ctx, acme, globex := s.t.Context(), s.acme, s.globex
	alice, bea := s.both()
	n := acme.says(alice, federation.Draft{Text: "The rules", Group: atlas.Key})
	spam := globex.says(bea, federation.Draft{Text: "Spam", Group: globex.sees(atlas).Key})
	globex.do(globex.Join(ctx, globex.hires("boris"), globex.sees(atlas))) // who hears of the rest
	pump(s.t, acme, globex)
	globex.came = nil // like any others
	told := func(name, kind string, err error) {
		s.t.Helper()
		acme.do(err)
		s.sent(pick{"group-announce-" + name, telling(kind)})
	}
	told("pin", "Add", acme.Pin(ctx, alice, acme.has(n)))
	told("unpin", "Remove", acme.Unpin(ctx, alice, acme.has(n)))
	topic, err := acme.MakeTopic(ctx, alice, atlas, "News")
	acme.do(err)
	s.sent(pick{name: "group-update"})
	acme.says(alice, federation.Draft{Text: "The news", Group: atlas.Key, Topic: topic.Key()})
	s.sent(pick{"group-announce-in-topic", telling("Create")}, pick{name: "group-announce-in-topic-note"})
	told("topic", "Add", acme.MoveToTopic(ctx, alice, acme.has(n), topic.Key()))
	told("no-topic", "Remove", acme.MoveToTopic(ctx, alice, acme.has(n), ""))
	told("lock", "Lock", acme.CloseThread(ctx, alice, acme.has(n)))
	told("undo-lock", "Undo", acme.ReopenThread(ctx, alice, acme.has(n)))
	told("take-down", "Delete", acme.TakeDown(ctx, alice, acme.has(spam), "off topic"))
	there := acme.sees(bea)
	told("moderator", "Add", acme.SetRole(ctx, alice, atlas, there, store.Moderator))
	told("no-moderator", "Remove", acme.SetRole(ctx, alice, atlas, there, store.Membership))
	acme.do(acme.Ban(ctx, alice, atlas, there))
	s.sent(pick{"reject-join", typed("Reject")}, pick{"group-announce-block", telling("Block")})
	told("undo-block", "Undo", acme.Unban(ctx, alice, atlas, there))
	acme.do(acme.Invite(ctx, alice, atlas, there))
	s.sent(pick{name: "invite"})
}
