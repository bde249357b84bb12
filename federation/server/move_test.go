package server_test

import (
	"fmt"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// removal is a partner bea of acme, whom alice follows, and initech where she goes on as beatrice.
func removal(t *testing.T) (acme *company, alice store.Actor, globex *stranger, bea string, initech *stranger, beatrice string) {
	t.Helper()
	acme, alice, globex, bea = fan(t)
	initech = newStranger(t, "initech")
	acme.isPartnerOf(initech)
	beatrice = initech.person("beatrice")
	initech.knownAs("beatrice", bea)
	return acme, alice, globex, bea, initech, beatrice
}

// knownAs serves an actor that says who it is also known as; more is set besides.
func (s *stranger) knownAs(name string, others ...string) map[string]any {
	a := s.actor(name)
	a["alsoKnownAs"] = others
	s.serve("/users/"+name, a)
	return a
}

func move(id, actor, object, target string) map[string]any {
	return map[string]any{"id": id, "type": "Move", "actor": actor, "object": object, "target": target}
}

// following says whether a follows or has asked to follow an id.
func (c *company) following(a store.Actor, id string) bool {
	c.t.Helper()
	them, ok, err := activity.Optional(c.db.Actor(c.t.Context(), activity.ID(id)))
	if c.do(err); !ok {
		return false
	}
	_, ok, err = activity.Optional(c.db.Edge(c.t.Context(), store.Follow, a.Key, them.Key))
	c.do(err)
	return ok
}

func TestFollowersGoAlongWithWhoMoves(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea, initech, beatrice := removal(t)
	amir := acme.person("amir") // does not follow bea
	globex.send(acme, move(bea+"#move", bea, bea, beatrice))
	pump(t, acme)
	if !acme.following(alice, beatrice) || acme.following(amir, beatrice) {
		t.Fatalf("alice: %t, amir: %t", acme.following(alice, beatrice), acme.following(amir, beatrice))
	}
	old, err := acme.db.Actor(t.Context(), activity.ID(bea))
	acme.do(err)
	if moved, err := acme.db.Successors(t.Context(), old.Key); err != nil || string(moved[old.Key].ID) != beatrice {
		t.Errorf("she goes on as %+v, %v", moved, err)
	}
	if initech.posts() == 0 {
		t.Error("nobody asked her")
	}
	them, err := acme.db.Actor(t.Context(), activity.ID(beatrice))
	acme.do(err)
	acme.do(acme.Unfollow(t.Context(), alice, them)) // she does not want to: nobody makes her
	globex.send(acme, move(bea+"#move-again", bea, bea, beatrice))
	pump(t, acme)
	if acme.following(alice, beatrice) {
		t.Error("the second Move made alice follow again")
	}
}

// movesTo serves an actor that says where it goes on.
func (s *stranger) movesTo(name, target string) {
	a := s.actor(name)
	a["movedTo"] = target
	s.serve("/users/"+name, a)
}

func TestTheNewOneMaySayThatTheOldOneMovedIfItsHostSaysSoToo(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea, initech, beatrice := removal(t)
	globex.movesTo("bea", beatrice)
	for range 2 { // twice is once
		initech.send(acme, move(beatrice+"#pull", beatrice, bea, beatrice))
		pump(t, acme)
	}
	if !acme.following(alice, beatrice) {
		t.Error("alice does not follow along")
	}
}

func TestAMoveThatIsNotTrueHasNoEffect(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func(globex, initech *stranger, bea, beatrice string) map[string]any{
		"to somebody who does not list who moves": func(_, initech *stranger, bea, beatrice string) map[string]any {
			initech.knownAs("beatrice", "https://elsewhere.example/users/bea")
			return move(bea+"#move", bea, bea, beatrice)
		},
		"of somebody else": func(globex, initech *stranger, bea, _ string) map[string]any {
			dan := globex.person("dan")
			initech.knownAs("eve", bea, dan)
			return move(dan+"#move", dan, bea, initech.person("eve"))
		},
		"to oneself": func(_, _ *stranger, bea, _ string) map[string]any { return move(bea+"#move", bea, bea, bea) },
		"to one who has moved back": func(_, initech *stranger, bea, beatrice string) map[string]any {
			initech.knownAs("beatrice", bea)["movedTo"] = bea
			return move(bea+"#move", bea, bea, beatrice)
		},
		"said by the new one, while the old one says nothing": func(_, _ *stranger, bea, beatrice string) map[string]any {
			return move(beatrice+"#pull", beatrice, bea, beatrice)
		},
		"said by the new one, while the old one names another": func(globex, initech *stranger, bea, beatrice string) map[string]any {
			globex.movesTo("bea", initech.person("carl"))
			return move(beatrice+"#pull", beatrice, bea, beatrice)
		},
		"said by one whom the old one names, and who does not know it": func(globex, initech *stranger, bea, beatrice string) map[string]any {
			globex.movesTo("bea", beatrice)
			initech.knownAs("beatrice")
			return move(beatrice+"#pull", beatrice, bea, beatrice)
		},
		"said by a third, though both would agree": func(globex, initech *stranger, bea, beatrice string) map[string]any {
			globex.movesTo("bea", beatrice)
			return move(globex.person("dan")+"#move", globex.id("/users/dan"), bea, beatrice)
		},
		"to nobody": func(_, initech *stranger, bea, _ string) map[string]any {
			return move(bea+"#move", bea, bea, initech.id("/users/nobody"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			acme, alice, globex, bea, initech, beatrice := removal(t)
			before := acme.rows()
			doc := lie(globex, initech, bea, beatrice)
			initech.serve("/users/eve", initech.knownAs("eve", bea))
			sayer := globex
			if activity.SameOrigin(activity.ID(doc["actor"].(string)), activity.ID(beatrice)) {
				sayer = initech
			}
			sayer.send(acme, doc)
			pump(t, acme)
			if after := acme.rows(); after != before {
				t.Errorf("before %s, after %s", before, after)
			}
			if n, err := acme.db.CountFrom(t.Context(), store.Follow, alice.Key); err != nil || n != 1 {
				t.Errorf("alice follows %d, %v", n, err)
			}
		})
	}
}

func TestAnOldClaimDoesNotMoveAnybody(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea, initech, beatrice := removal(t)
	acme.sees(store.Actor{Actor: activity.Actor{Username: "bea"}, Host: globex.host})
	globex.send(acme, move(bea+"#hint", bea, bea, initech.id("/users/none"))) // makes acme look there
	initech.send(acme, initech.create(beatrice, "/notes/1", "known here, alias and all"))
	pump(t, acme)
	initech.knownAs("beatrice") // who has changed her mind
	globex.send(acme, move(bea+"#move", bea, bea, beatrice))
	pump(t, acme)
	if acme.following(alice, beatrice) {
		t.Error("alice follows whom bea is not any more")
	}
}

func TestWhoHasMovedStaysForAWeekAndNobodyGoesInCircles(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea, initech, beatrice := removal(t)
	globex.send(acme, move(bea+"#1", bea, bea, beatrice))
	pump(t, acme)
	third := initech.person("third")
	initech.knownAs("third", bea, beatrice)
	globex.send(acme, move(bea+"#2", bea, bea, third))
	globex.knownAs("bea", beatrice)
	initech.send(acme, move(beatrice+"#back", beatrice, beatrice, bea))
	pump(t, acme)
	if acme.following(alice, third) {
		t.Error("bea moved twice in a week")
	}
	them, err := acme.db.Actor(t.Context(), activity.ID(beatrice))
	acme.do(err)
	if _, err := acme.db.MoveOf(t.Context(), them.Key); activity.KindOf(err) != activity.NotFound {
		t.Errorf("beatrice moved back to bea, who has moved to her: %v", err)
	}
}

func TestThousandsFollowAlongInBatchesAndEachOnce(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea, initech, beatrice := removal(t)
	old := acme.sees(store.Actor{Actor: activity.Actor{Username: "bea"}, Host: globex.host})
	const people = 230
	acme.tx(func(tx *store.Tx) error {
		for i := range people {
			name := fmt.Sprint("p", i)
			id := acme.PersonID(name)
			a, err := tx.PutActor(t.Context(), store.Actor{Local: true, Host: acme.House.Host, Actor: activity.Actor{ID: id, Type: "Person", Username: activity.Text(name),
				Inbox: activity.Ref{ID: id + "/inbox"}, Followers: activity.Ref{ID: id + "/followers"}}})
			if err != nil {
				return err
			}
			if _, err := tx.PutEdge(t.Context(), store.Edge{Kind: store.Follow, Actor: a.Key, Object: old.Key, Accepted: true}); err != nil {
				return err
			}
		}
		return nil
	})
	globex.send(acme, move(bea+"#move", bea, bea, beatrice))
	runs := 0
	for range 1000 {
		n, err := acme.db.Drain(t.Context(), 1, func(ps []store.Promise) error {
			switch ps[0].Kind {
			case "refollow":
				runs++
				for range 2 { // twice is once
					if err := acme.run(t.Context(), ps[0].Kind, []byte(ps[0].Payload)); err != nil {
						return err
					}
				}
				return nil
			case "received":
				return acme.run(t.Context(), ps[0].Kind, []byte(ps[0].Payload))
			}
			return nil // the requests themselves are another matter
		})
		acme.do(err)
		if n == 0 {
			break
		}
	}
	them, err := acme.db.Actor(t.Context(), activity.ID(beatrice))
	acme.do(err)
	asked, err := acme.db.Requests(t.Context(), store.Follow, them.Key, store.Page{Limit: store.PageMax})
	acme.do(err)
	tied, err := acme.db.TiedAt(t.Context(), store.Follow, them.Key, activity.ID(acme.House.URL).Host(), 0, 1000)
	acme.do(err)
	if len(tied) != people+1 || len(asked) == 0 || runs != 3 {
		t.Errorf("%d people have asked, in %d runs", len(tied), runs)
	}
	_ = initech
}

func TestOurOwnPeopleDoNotMoveAway(t *testing.T) {
	t.Parallel()
	acme, alice, _, _, initech, _ := removal(t)
	initech.person("alice")
	initech.knownAs("alice", string(alice.ID))
	err := acme.db.InTx(t.Context(), func(tx *store.Tx) error {
		m := &federation.Move{}
		m.Object, m.Target, m.To = activity.Ref{ID: alice.ID}, activity.Ref{ID: activity.ID(initech.id("/users/alice"))}, activity.IDs{alice.Followers.ID}
		_, err := (&federation.Deed{Tx: tx, Service: acme.Service}).Do(t.Context(), alice, m)
		return err
	})
	if f := activity.FaultOf(err); f.Kind != activity.Denied || f.Reason != "no_moving" {
		t.Fatalf("%v", err)
	}
}
