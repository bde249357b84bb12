package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/succession"
	"entente.example/entente/store"
	"entente.example/entente/store/chain"
)

// heirs is a triangle where Globex has accepted to go on with alice's group when Acme
// does not. Initech has an agreement with Globex too.
func heirs(t *testing.T, access activity.Access) *triangle {
	t.Helper()
	tri := newTriangle(t, access)
	tri.agreeOn(14)
	return tri
}

func (tri *triangle) agreeOn(days int) {
	tri.t.Helper()
	tri.acme.do(tri.acme.NameSuccessor(tri.t.Context(), tri.alice, tri.group, tri.globex.Host, days))
	tri.pump()
	tri.globex.do(tri.globex.AnswerSuccession(tri.t.Context(), "admin", tri.there(), true))
	tri.pump()
}

// successor is whom a company knows as the successor of the group, and whether both have signed.
func (tri *triangle) successor(c *company) (activity.ID, bool) {
	tri.t.Helper()
	s, known, err := activity.Optional(c.db.Succession(tri.t.Context(), c.knows(string(tri.group.ID)).Key))
	if c.do(err); !known {
		return "", false
	}
	return s.Successor, s.Accepted != nil
}

func TestEveryCompanyInAGroupKnowsWhoGoesOnWithIt(t *testing.T) {
	t.Parallel()
	for _, access := range activity.Accesses {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			ctx, tri := t.Context(), newTriangle(t, access)
			for range 2 { // naming the same again is a later word
				tri.acme.do(tri.acme.NameSuccessor(ctx, tri.alice, tri.group, tri.globex.Host, 7))
				tri.pump()
			}
			for _, c := range []*company{tri.acme, tri.globex, tri.initech.company} {
				if who, accepted := tri.successor(c); who != tri.globex.InstanceActor() || accepted {
					t.Errorf("before it answers, %s knows %q, accepted: %t", c.Host, who, accepted)
				}
			}
			for range 2 {
				tri.globex.do(tri.globex.AnswerSuccession(ctx, "admin", tri.there(), true))
				tri.pump()
			}
			for _, c := range []*company{tri.acme, tri.globex, tri.initech.company} {
				if who, accepted := tri.successor(c); who != tri.globex.InstanceActor() || !accepted {
					t.Errorf("%s knows %q, accepted: %t", c.Host, who, accepted)
				}
			}
			tri.acme.do(tri.acme.NameSuccessor(ctx, tri.alice, tri.group, "", 0))
			tri.pump()
			for _, c := range []*company{tri.acme, tri.globex, tri.initech.company} {
				if who, accepted := tri.successor(c); who != "" || accepted {
					t.Errorf("taken back, and %s knows %q, accepted: %t", c.Host, who, accepted)
				}
			}
			if err := tri.globex.AnswerSuccession(ctx, "admin", tri.there(), true); reason(err) != "not_named" {
				t.Errorf("who is not named any more accepts: %v", err)
			}
			for _, c := range []*company{tri.acme, tri.globex} {
				if !tri.decided(c, "succession.named") && !tri.decided(c, "succession.offered") || !tri.decided(c, "succession.accepted") {
					t.Errorf("the audit log of %s does not have it", c.Host)
				}
			}
		})
	}
}

// decided says whether the audit log has a decision of this kind about the group.
func (tri *triangle) decided(c *company, what string) bool {
	tri.t.Helper()
	lines, err := c.db.Audited(tri.t.Context(), string(tri.group.ID), time.Time{}, 100)
	c.do(err)
	return slices.ContainsFunc(lines, func(l chain.Line) bool { return l.What == what })
}

func TestASuccessorMayDecline(t *testing.T) {
	t.Parallel()
	tri := heirs(t, activity.AccessClosed)
	tri.globex.do(tri.globex.AnswerSuccession(t.Context(), "admin", tri.there(), false))
	tri.pump()
	if s, err := tri.acme.db.Succession(t.Context(), tri.group.Key); err != nil || !s.Declined || s.Accepted != nil {
		t.Errorf("Acme knows %+v, %v", s, err)
	}
	for _, c := range []*company{tri.globex, tri.initech.company} {
		if who, accepted := tri.successor(c); who != "" || accepted {
			t.Errorf("declined, and %s knows %q, accepted: %t", c.Host, who, accepted)
		}
	}
	if err := tri.globex.AnswerSuccession(t.Context(), "admin", tri.there(), true); reason(err) != "not_named" {
		t.Errorf("who has declined accepts: %v", err)
	}
	tri.agreeOn(14)
	if who, accepted := tri.successor(tri.initech.company); who != tri.globex.InstanceActor() || !accepted {
		t.Errorf("named again, Initech knows %q, accepted: %t", who, accepted)
	}
}

func TestWhoMayNameASuccessorAndWhom(t *testing.T) {
	t.Parallel()
	ctx, tri := t.Context(), newTriangle(t, activity.AccessClosed)
	amir := tri.acme.person("amir")
	umbra := found(t, "umbra", false)
	tri.acme.allow(umbra)
	umbra.allow(tri.acme)
	for what, err := range map[string]error{
		"not_a_moderator":      tri.acme.NameSuccessor(ctx, amir, tri.group, tri.globex.Host, 14),
		"company_not_in_group": tri.acme.NameSuccessor(ctx, tri.alice, tri.group, umbra.Host, 14),
		"not_a_partner":        tri.acme.NameSuccessor(ctx, tri.alice, tri.group, "nobody.localhost", 14),
		"group_elsewhere":      tri.globex.NameSuccessor(ctx, tri.bea, tri.there(), tri.acme.Host, 14),
		"not_named":            tri.globex.AnswerSuccession(ctx, "admin", tri.there(), true),
	} {
		if reason(err) != what {
			t.Errorf("want %s, got %v", what, err)
		}
	}
	for _, days := range []int{-1, 91} {
		if err := tri.acme.NameSuccessor(ctx, tri.alice, tri.group, tri.globex.Host, days); reason(err) != "bad_silence" {
			t.Errorf("%d days: %v", days, err)
		}
	}
}

// A host says nothing of a successor that the successor has not signed, and a successor
// takes no group at its own word.
func TestNobodySignsASuccessionForAnother(t *testing.T) {
	t.Parallel()
	tri := heirs(t, activity.AccessOpen)
	is, err := tri.globex.db.Succession(t.Context(), tri.there().Key)
	tri.globex.do(err)
	for name, forge := range map[string]func(map[string]any){
		"another signer":   func(m map[string]any) { m["object"].(map[string]any)["successor"] = tri.initech.InstanceActor() },
		"a longer silence": func(m map[string]any) { m["object"].(map[string]any)["silence"] = 1 },
		"another group":    func(m map[string]any) { m["object"].(map[string]any)["group"] = tri.acme.URL + "/groups/other" },
		"no proof":         func(m map[string]any) { delete(m["object"].(map[string]any), "proof") },
	} {
		var m map[string]any
		if err := json.Unmarshal(is.Accepted, &m); err != nil {
			t.Fatal(err)
		}
		forge(m)
		raw, _ := json.Marshal(m)
		if _, err := tri.initech.Errand().Statement(t.Context(), raw); activity.KindOf(err) != activity.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s, err := tri.initech.Errand().Statement(t.Context(), is.Accepted); err != nil || s.Successor != tri.globex.InstanceActor() {
		t.Errorf("the true one: %v", err)
	}
	if _, err := succession.Read(is.Named); err != nil {
		t.Error(err)
	}
}

func TestWhoIsNotInAGroupReadsNothingOfItsSuccessor(t *testing.T) {
	t.Parallel()
	tri := heirs(t, activity.AccessOpen)
	umbra := found(t, "umbra", false)
	tri.acme.allow(umbra)
	umbra.allow(tri.acme)
	tri.acme.tx(func(tx *store.Tx) error {
		g, err := tx.Group(t.Context(), tri.group.Key)
		if err != nil {
			return err
		}
		g.Sits(append(g.Seats(), activity.Seat{Host: umbra.Host, Level: activity.Invites}))
		return tx.ChangeGroup(t.Context(), g)
	})
	inside, err := tri.initech.Errand().Read(t.Context(), tri.group.ID)
	tri.initech.do(err)
	outside, err := umbra.Errand().Read(t.Context(), tri.group.ID)
	umbra.do(err)
	if !strings.Contains(string(inside), succession.Kind) || len(outside) == 0 || strings.Contains(string(outside), succession.Kind) {
		t.Errorf("in the group: %s\noutside: %s", inside, outside)
	}
}

// What an instance accepts it has signed itself: nobody brings it its own word.
func TestNobodyMakesUsASuccessor(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	by := func(instance activity.ID) httpsign.Signer {
		s := newEd25519(t)
		s.KeyID = instance + "#ed25519-key"
		return s
	}
	named := c.globex.proven(map[string]any{"type": succession.Kind, "group": c.group(), "successor": c.InstanceActor(), "silence": 14, "version": 1}, by(activity.ID(c.globex.id("/actor"))))
	accepted := c.globex.proven(map[string]any{"type": "SuccessionAcceptance", "actor": c.InstanceActor(), "object": named}, by(c.InstanceActor()))
	for i, object := range []any{accepted, map[string]any{"type": "Offer", "actor": c.group(), "object": accepted}} {
		c.globex.send(c.company, map[string]any{"id": c.globex.id(fmt.Sprint("/acts/", i)), "type": []string{"Offer", "Undo"}[i], "actor": string(c.group()), "to": c.InstanceActor(), "object": object})
		pump(t, c.company)
		is, known, err := activity.Optional(c.db.Succession(t.Context(), c.knows(string(c.group())).Key))
		if c.do(err); known && is.Accepted != nil {
			t.Errorf("by %d this instance has accepted to be a successor", i)
		}
	}
}
