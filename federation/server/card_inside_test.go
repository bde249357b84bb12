package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// names is a post of somebody of Globex that names boris, though Initech is no partner,
// since it takes part in the group.
func (c *parlour) names(who string, to, groups []any) map[string]any {
	c.said++
	create := c.globex.create(who, fmt.Sprintf("/notes/%d", c.said), "ask boris")
	for _, o := range []map[string]any{create, create["object"].(map[string]any)} {
		o["to"], o["audience"] = to, groups
	}
	create["object"].(map[string]any)["tag"] = []any{map[string]any{"type": "Mention", "href": c.boris, "name": "@boris"}}
	create["companies"] = []any{c.initech.host}
	return create
}

// brings gives what became of something that somebody of Globex has sent themselves.
func (c *parlour) brings(doc map[string]any) string {
	c.t.Helper()
	if status, answer := c.globex.send(c.company, doc); status != 202 {
		return answer
	}
	pump(c.t, c.company)
	return c.outcome(doc["id"].(string))
}

// Who lives at the host of a group names its companies there, and by the same word nowhere
// else.
func TestWhoSpeaksInAGroupAtItsHostNamesItsCompaniesThereAlone(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	if got := c.tells(c.proven(c.create(c.card(nil)))); got != store.Applied {
		t.Fatalf("it is recorded as %q", got)
	}
	gil, club := c.globex.person("gil"), string(c.group())
	board := c.opens(c.alice, "board", c.globex.host)
	c.joined(store.Membership, c.meets(c.alice, gil), board)
	if got := c.brings(c.names(gil, []any{club, club + "/followers"}, []any{club})); got != store.Applied {
		t.Errorf("in the group it is recorded as %q", got)
	}
	if got := c.brings(c.names(gil, []any{board.ID}, []any{board.ID, club})); got != "card_outside" {
		t.Errorf("in a group of ours it is recorded as %q", got)
	}
	quiet := c.globex.id("/users/quiet")
	c.globex.serve("/users/quiet", group(c.globex, "quiet"))
	c.meets(c.alice, quiet)
	if got := c.brings(c.names(gil, []any{quiet, activity.Public}, []any{quiet})); got != "no_member_here" {
		t.Errorf("in a group with none of ours in it it is recorded as %q", got)
	}
	parent := c.globex.create(gil, "/notes/parent", "what do you say?")
	if got := c.brings(parent); got != store.Applied {
		t.Fatalf("a post outside is recorded as %q", got)
	}
	answer := c.initech.create(c.boris, "/notes/answer", "said to Globex")
	answer["object"].(map[string]any)["inReplyTo"] = c.globex.id("/notes/parent")
	add := added(gil, gil+"#add", c.globex.id("/contexts/1"), c.proven(answer))
	add["audience"], add["companies"] = club, []any{c.initech.host}
	if got := c.brings(add); got != "card_outside" {
		t.Errorf("what boris has said elsewhere is recorded as %q", got)
	}
	if _, known, err := activity.Optional(c.db.Note(t.Context(), activity.ID(c.initech.id("/notes/answer")))); known || err != nil {
		t.Errorf("what boris has said elsewhere is here: %v", err)
	}
}

// By a card nobody writes to one of ours alone, nor has others of their host speak.
func TestByACardNothingIsSaidBesideTheGroup(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	square := c.globex.id("/users/square")
	c.globex.serve("/users/square", group(c.globex, "square"))
	c.joined(store.Membership, c.alice, c.meets(c.alice, square))
	tells := func(doc map[string]any) string {
		return c.tells(c.proven(doc), func(a map[string]any) { a["actor"] = square })
	}
	post := func() map[string]any {
		create := c.create(c.cardIn(square))
		for _, o := range []map[string]any{create, create["object"].(map[string]any)} {
			o["to"], o["audience"] = []any{square, activity.Public}, square
		}
		return create
	}
	open := post()
	if got := tells(open); got != store.Applied {
		t.Fatalf("it is recorded as %q", got)
	}
	whisper := post()
	for _, o := range []map[string]any{whisper, whisper["object"].(map[string]any)} {
		o["to"] = []any{c.alice.ID}
	}
	if got := tells(whisper); got != "card_outside" {
		t.Errorf("a word to alice alone is recorded as %q", got)
	}
	note := open["object"].(map[string]any)["id"].(string)
	answer := c.initech.create(c.boris, "/notes/beside", "beside")
	answer["id"], answer["object"].(map[string]any)["inReplyTo"] = note, note
	add := added(c.boris, c.boris+"#add", c.initech.id("/contexts/1"), answer)
	add["card"] = c.cardIn(square)
	if got := tells(add); got != "card_outside" {
		t.Errorf("what is added beside the group is recorded as %q", got)
	}
	if _, known, err := activity.Optional(c.db.Note(t.Context(), activity.ID(c.initech.id("/notes/beside")))); known || err != nil {
		t.Errorf("what is added beside the group is here: %v", err)
	}
}

// cardIn is boris's card for another group.
func (c *parlour) cardIn(group string) json.RawMessage {
	return c.card(func(_ *activity.Actor, at *activity.ID, _ *httpsign.Signer, _ *time.Time) { *at = activity.ID(group) })
}

// A group that none of our people is in makes us ask nobody.
func TestForAGroupWithNoneOfOursInItNobodyIsAskedForKeys(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	empty := c.globex.id("/users/empty")
	c.globex.serve("/users/empty", group(c.globex, "empty"))
	if got := c.tells(c.proven(c.create(c.cardIn(empty))), func(a map[string]any) { a["actor"] = empty }); got != "no_member_here" {
		t.Errorf("it is recorded as %q", got)
	}
	if asked := c.initech.traffic(); len(asked) > 0 {
		t.Errorf("Initech was asked: %v", asked)
	}
	if _, known, err := activity.Optional(c.db.Actor(t.Context(), activity.ID(c.boris))); known || err != nil {
		t.Errorf("boris is known: %v", err)
	}
}

// An instance has no card: by one it would say which keys it has without being asked, and
// one that it has withdrawn would count for ever.
func TestAnInstanceDoesNotIntroduceItself(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	if got := c.tells(c.proven(c.create(c.card(nil)))); got != store.Applied {
		t.Fatalf("it is recorded as %q", got)
	}
	before := c.knows(c.initech.id("/actor"))
	c.boris, c.by = string(before.ID), c.seal
	if got := c.tells(c.proven(c.create(c.card(func(who *activity.Actor, _ *activity.ID, _ *httpsign.Signer, _ *time.Time) { who.Username = "server" })))); got != "card_wrong_actor" {
		t.Errorf("it is recorded as %q", got)
	}
	if now := c.knows(string(before.ID)); now.ByCard() || !now.FetchedAt.Equal(before.FetchedAt) {
		t.Errorf("the instance is now %+v", now)
	}
}

// Whom one knows by a card can be followed as soon as there is an agreement.
func TestWhoIsKnownByACardIsFollowedOnceThereIsAnAgreement(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	if got := c.tells(c.proven(c.create(c.card(nil)))); got != store.Applied {
		t.Fatalf("it is recorded as %q", got)
	}
	c.isPartnerOf(c.initech)
	c.do(c.Follow(t.Context(), c.alice, c.knows(c.boris)))
	pump(t, c.company)
	if sent := strings.Join(c.initech.traffic(), " "); !strings.Contains(sent, `"Follow"`) {
		t.Errorf("boris is not asked: %s", sent)
	}
}

// A farewell by a card is passed on by a group in which somebody has said something, and by
// nobody else.
func TestNobodyElseSaysFarewellForUs(t *testing.T) {
	t.Parallel()
	c := newParlour(t)
	atlas := c.opens(c.alice, "Atlas", "*")
	for i, to := range []activity.ID{c.alice.ID, atlas.ID} {
		gus := c.globex.person(fmt.Sprint("gus", i))
		c.do(c.Errand().Ensure(t.Context(), activity.ID(gus)))
		c.globex.send(c.company, map[string]any{"id": c.globex.id(fmt.Sprint("/acts/", i)), "type": "Delete", "actor": gus, "object": gus,
			"to": []any{string(to)}, "audience": string(to), "card": map[string]any{"type": "MemberCard"}})
	}
	pump(t, c.company)
	rows := c.sql("SELECT actor FROM activities WHERE type = 'Announce' AND local")
	defer rows.Close()
	if rows.Next() {
		t.Error("somebody of ours has announced it")
	}
	c.do(rows.Err())
}
