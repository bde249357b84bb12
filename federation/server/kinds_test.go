package server_test

import (
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/server"
	"entente.example/entente/store"
)

// Who knows and reads what of the three kinds of groups.

// makes opens a group of a kind.
func (c *company) makes(owner store.Actor, access activity.Access, companies ...string) store.Actor {
	c.t.Helper()
	g, err := c.OpenGroup(c.t.Context(), owner, federation.GroupDraft{Name: "Board", Summary: "To decide", Access: access, Companies: companies})
	return must(c, g, err)
}

// shutGroup is a closed or secret group of alice's with bea of Globex in it, carl of
// Globex and bob of Acme not, and a post.
type shutGroup struct {
	*company
	alice, bob, group store.Actor
	globex            *stranger
	bea, carl         string
	post              store.Note
	topic             activity.Topic
	said              []store.Recorded // with the post
}

func newShutGroup(t *testing.T, access activity.Access) *shutGroup {
	t.Helper()
	g := &shutGroup{}
	g.company, g.alice, g.globex, g.bea = guest(t)
	g.bob, g.carl = g.person("bob"), g.globex.person("carl")
	g.group = g.makes(g.alice, access, g.globex.host)
	g.joined(store.Membership, g.knows(g.bea), g.group)
	topic, err := g.MakeTopic(t.Context(), g.alice, g.group, "Hush hush")
	g.topic = topic
	g.do(err)
	g.company.said()
	post, err := g.Post(t.Context(), g.alice, federation.Draft{Text: "hush", Group: g.group.Key})
	g.post = must(g.company, post, err)
	g.said = g.company.said()
	return g
}

// paths are all that is there of the group.
func (g *shutGroup) paths() (stub, inside []string) {
	for _, r := range g.doors.Table() {
		_, path, _ := strings.Cut(r.Pattern, " ")
		switch {
		case r.Policy != server.Partners || strings.HasPrefix(path, "/stamps/"):
		case strings.Contains(path, "{topic}"):
			path = strings.TrimPrefix(string(g.topic.ID), g.URL)
			inside = append(inside, path, path+"?page=1")
		case strings.HasSuffix(path, "/succession"): // no member's: see TestOnlyTheSuccessorReadsWhoIsInAGroup
		case strings.HasPrefix(path, "/groups/"):
			path = strings.ReplaceAll(path, "{name}", string(g.group.Username))
			stub = append(stub, path, path+"?page=1")
		case strings.HasPrefix(path, "/notes/"):
			inside = append(inside, strings.ReplaceAll(path, "{key}", g.post.Key.String()))
		}
	}
	for _, r := range g.said {
		inside = append(inside, "/activities/"+r.Key.String())
	}
	return stub, inside
}

const missingBody = `{"error":"not_found"}`

func TestOfAClosedGroupPeopleOfItsCompaniesSeeWhatItIsAndNothingInIt(t *testing.T) {
	t.Parallel()
	g := newShutGroup(t, activity.AccessClosed)
	initech := newStranger(t, "initech")
	g.isPartnerOf(initech)
	ivan := initech.person("ivan")
	stub, inside := g.paths()
	for _, path := range stub {
		status, body := g.get(g.globex, g.carl, path)
		for _, secret := range []string{"hush", string(g.alice.ID), g.bea, g.post.Key.String()} {
			if strings.Contains(body, secret) {
				t.Errorf("%s tells who is not in it %s: %s", path, secret, body)
			}
		}
		if n := total(body); status != 200 || n != "" && n != "0" {
			t.Errorf("%s gives %d and counts %s", path, status, n)
		}
	}
	if _, body := g.get(g.globex, g.carl, string(g.group.ID[len(g.URL):])); !strings.Contains(body, "Board") || !strings.Contains(body, "To decide") || !strings.Contains(body, `"manuallyApprovesFollowers":true`) {
		t.Errorf("the group is %s", body)
	}
	for _, path := range append(stub, inside...) {
		if status, body := g.get(initech, ivan, path); status != 404 || body != missingBody {
			t.Errorf("%s gives another company %d %s", path, status, body)
		}
	}
	for _, path := range inside {
		if status, body := g.get(g.globex, g.carl, path); status != 404 || body != missingBody {
			t.Errorf("%s gives who is not in it %d %s", path, status, body)
		}
		if status, _ := g.get(g.globex, g.bea, path); status != 200 {
			t.Errorf("%s gives a member %d", path, status)
		}
	}
	if _, body := g.get(g.globex, g.bea, string(g.group.Followers.ID[len(g.URL):])+"?page=1"); !strings.Contains(body, g.bea) {
		t.Errorf("a member sees no members of her company: %s", body)
	}
}

func TestASecretGroupIsNothingToWhoIsNotInIt(t *testing.T) {
	t.Parallel()
	g := newShutGroup(t, activity.AccessSecret)
	initech := newStranger(t, "initech")
	g.isPartnerOf(initech)
	ivan := initech.person("ivan")
	stub, inside := g.paths()
	for _, path := range append(stub, inside...) {
		for who, of := range map[string]*stranger{g.carl: g.globex, ivan: initech} {
			if status, body := g.get(of, who, path); status != 404 || body != missingBody {
				t.Errorf("%s gives %s %d %s", path, who, status, body)
			}
		}
		if status, _ := g.get(g.globex, g.bea, path); status != 200 {
			t.Errorf("%s gives a member %d", path, status)
		}
	}
	for _, resource := range []string{"acct:" + string(g.group.Username) + "@" + g.Host, string(g.group.ID), string(g.group.Page())} {
		if status, body := g.get(nil, "", "/.well-known/webfinger?resource="+resource); status != 404 || body != missingBody {
			t.Errorf("WebFinger gives %d %s for %s", status, body, resource)
		}
	}
	if strings.Contains(string(g.group.ID), "board") {
		t.Errorf("its id says what it is: %s", g.group.ID)
	}
	for _, query := range []string{"Board", string(g.group.Username), "@" + g.Handle(g.group), string(g.group.ID), string(g.group.Page())} {
		for who, found := range map[*store.Actor]int{&g.bob: 0, &g.alice: 1} {
			got, err := g.Search(t.Context(), *who, query, true)
			if g.do(err); len(got.Actors) != found {
				t.Errorf("%s finds %d for %q, not %d", who.Username, len(got.Actors), query, found)
			}
		}
	}
	if here, err := g.db.GroupsHere(t.Context(), g.bob.Reader()); err != nil || len(here) != 0 {
		t.Errorf("a colleague is shown %d groups, %v", len(here), err)
	}
	n, err := g.Post(t.Context(), g.bob, federation.Draft{Text: "what is @" + string(g.group.Username) + " and @" + g.Handle(g.group) + "?"})
	if g.do(err); len(n.Mentions()) != 0 || slices.Contains(n.Addressed, g.group.Key) {
		t.Errorf("a post outside names %v", n.Mentions())
	}
}

func TestAPostInAClosedOrSecretGroupIsAddressedToItsMembersOnly(t *testing.T) {
	t.Parallel()
	for _, access := range []activity.Access{activity.AccessClosed, activity.AccessSecret} {
		g := newShutGroup(t, access)
		if got := forms(g.said); !slices.Equal(got, []string{"Announce Create"}) {
			t.Errorf("%s: with the post went %q", access, got)
		}
		for _, r := range g.said {
			if env, err := activity.ReadEnvelope(r.Raw); err != nil || env.Audience.Has(activity.Public) || !env.To.Has(g.group.Followers.ID) || strings.Contains(string(r.Raw), string(activity.Public)) {
				t.Errorf("%s: addressed as %s", access, r.Raw)
			}
		}
		if g.post.Visibility != activity.VisibleFollowers || !g.post.Groups.Has(g.group.ID) {
			t.Errorf("%s: it is %s", access, g.post.Visibility)
		}
		answer, err := g.Post(t.Context(), g.alice, federation.Draft{Text: "hush @bob @carl@" + g.globex.host + " @bea@" + g.globex.host, ReplyTo: g.post.Key})
		if g.do(err); answer.Visibility != activity.VisibleFollowers || answer.Audience.Has(activity.Public) || !slices.Equal(answer.Mentions(), activity.IDs{activity.ID(g.bea)}) {
			t.Errorf("%s: an answer is %s and names %v", access, answer.Visibility, answer.Mentions())
		}
		if _, ok, err := activity.Optional(g.db.VisibleNote(t.Context(), g.post.Key, g.bob.Reader())); err != nil || ok {
			t.Errorf("%s: a colleague who is not in it reads it: %v", access, err)
		}
		if wall, err := g.db.GroupWall(t.Context(), g.group.Key, g.bob.Reader(), store.Page{}); err != nil || len(wall) > 0 {
			t.Errorf("%s: a colleague who is not in it reads its wall: %v", access, err)
		}
	}
}

func TestAMembersPostThatIsAddressedToEverybodyStaysInTheGroup(t *testing.T) {
	t.Parallel()
	g := newShutGroup(t, activity.AccessClosed)
	create := g.globex.into(g.bea, "/notes/wide", g.group.ID)
	create["object"].(map[string]any)["cc"] = []any{string(g.bob.ID), g.carl}
	create["object"].(map[string]any)["tag"] = map[string]any{"type": "Mention", "href": string(g.bob.ID), "name": "@bob"}
	g.takes(g.globex, create)
	n := g.note(activity.ID(g.globex.id("/notes/wide")))
	if n.In() != g.group.Key || n.Visibility != activity.VisibleFollowers {
		t.Fatalf("it is in %v and %s", n.In(), n.Visibility)
	}
	for _, who := range []store.Actor{g.bob, g.meets(g.bob, g.carl)} {
		if _, ok, err := activity.Optional(g.db.VisibleNote(t.Context(), n.Key, who.Reader())); err != nil || ok {
			t.Errorf("%s, who is not in it, reads it: %v", who.ID, err)
		}
	}
	if got := g.told(g.bob); len(got) > 0 {
		t.Errorf("who is named and not in it is told %q", got)
	}
}

func TestAClosedGroupIsAskedAndASecretOneIsNot(t *testing.T) {
	t.Parallel()
	for access, pending := range map[activity.Access]bool{activity.AccessClosed: true, activity.AccessSecret: false} {
		g := newShutGroup(t, access)
		g.takes(g.globex, g.globex.follow(g.carl, g.group))
		e, ok, err := activity.Optional(g.db.Edge(t.Context(), store.Membership, g.knows(g.carl).Key, g.group.Key))
		if err != nil || ok != pending || e.Accepted {
			t.Errorf("%s: there is a wish: %v, accepted: %v, %v", access, ok, e.Accepted, err)
		}
		if said := g.company.said(); len(said) > 0 {
			t.Errorf("%s: it is answered with %s", access, said[0].Raw)
		}
	}
}
