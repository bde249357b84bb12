package server_test

import (
	"slices"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// ties are Acme and Globex whose people follow each other and are in each other's groups.
type ties struct {
	t                  *testing.T
	acme, globex       *company
	alice, boris, bea  store.Actor
	there, here        store.Actor // boris as Acme knows him, alice as Globex does
	atlas, ring        store.Actor // a closed group of Acme's and one of Globex's
	atlasThere, ringAt store.Actor
}

func tied(t *testing.T) *ties {
	y := &ties{t: t}
	y.acme, y.globex = agreed(t)
	y.alice, y.boris, y.bea = y.acme.person("alice"), y.globex.person("boris"), y.globex.person("bea")
	y.there, y.here = y.acme.sees(y.boris), y.globex.sees(y.alice)
	y.atlas, y.atlasThere = y.group(y.acme, y.globex, y.alice, "Atlas")
	y.ring, y.ringAt = y.group(y.globex, y.acme, y.boris, "Ring")
	for _, who := range []store.Actor{y.boris, y.bea} {
		y.acme.do(y.globex.Follow(t.Context(), who, y.here))
		y.acme.do(y.globex.Follow(t.Context(), who, y.atlasThere))
	}
	y.acme.do(y.acme.Follow(t.Context(), y.alice, y.there))
	y.acme.do(y.acme.Follow(t.Context(), y.alice, y.ringAt))
	pump(t, y.acme, y.globex)
	y.comesIn(y.acme, y.alice, y.atlas)
	y.comesIn(y.globex, y.boris, y.ring)
	pump(t, y.acme, y.globex)
	return y
}

// group makes a closed one that is for both, and says how the other knows it.
func (y *ties) group(at, guests *company, owner store.Actor, name string) (group, there store.Actor) {
	g, err := at.OpenGroup(y.t.Context(), owner, federation.GroupDraft{Name: name, Access: activity.AccessClosed, Companies: []string{guests.host()}})
	at.do(err)
	return g, guests.sees(g)
}

// comesIn lets everybody in who asks.
func (y *ties) comesIn(c *company, owner, group store.Actor) {
	wishes, err := c.db.Requests(y.t.Context(), store.Membership, group.Key, store.Page{})
	c.do(err)
	for _, w := range wishes {
		who, err := c.db.ActorByKey(y.t.Context(), w.Actor)
		c.do(err)
		c.do(c.LetIn(y.t.Context(), owner, group, who, true))
	}
}

// narrows is Acme's word of what it lets and takes from now on.
func (y *ties) narrows(lets, takes agreement.Grant) {
	y.t.Helper()
	y.acme.do(y.acme.Partnerships().Narrow(y.t.Context(), y.globex.host(), lets, takes, "an audit"))
	pump(y.t, y.acme, y.globex)
}

// says is a new post for followers or in a group; it is in whose homes of those asked after.
func (y *ties) says(from, to *company, author store.Actor, group store.Key, text string, readers ...store.Actor) (heard []string) {
	y.t.Helper()
	draft := federation.Draft{Text: text, Group: group}
	if group == 0 {
		draft.Visibility = activity.VisibleFollowers
	}
	_, err := from.Post(y.t.Context(), author, draft)
	from.do(err)
	pump(y.t, from, to)
	for _, r := range readers {
		if slices.Contains(to.home(r), text) {
			heard = append(heard, string(r.Username))
		}
	}
	return heard
}

// A narrowing stops what is running, both ways, for those whom it is about, and when it is
// lifted all goes on.
func TestANarrowingStopsWhatIsRunning(t *testing.T) {
	t.Parallel()
	y := tied(t)
	onlyBea := agreement.Everything()
	onlyBea.People = agreement.These(y.bea.ID)
	all, both, none := agreement.Everything(), []string{"boris", "bea"}, []string(nil)
	for i, c := range []struct {
		name                               string
		lets, takes                        agreement.Grant
		follows, members, oursFollow, ours []string
	}{
		{"nothing", all, all, both, both, []string{"alice"}, []string{"alice"}},
		{"follow, of theirs", allBut(agreement.Follow), all, none, both, []string{"alice"}, []string{"alice"}},
		{"follow, of ours", all, allBut(agreement.Follow), both, both, none, []string{"alice"}},
		{"groups, of theirs", allBut(agreement.JoinGroup), all, both, none, []string{"alice"}, []string{"alice"}},
		{"groups, of ours", all, allBut(agreement.JoinGroup), both, both, []string{"alice"}, none},
		{"whom they host", allBut(agreement.HostGroup), all, both, both, []string{"alice"}, none},
		{"people", onlyBea, all, []string{"bea"}, []string{"bea"}, []string{"alice"}, []string{"alice"}},
		{"nothing again", all, all, both, both, []string{"alice"}, []string{"alice"}},
	} {
		y.narrows(c.lets, c.takes)
		for _, way := range []struct {
			name   string
			want   []string
			got    []string
			number string
		}{
			{"their followers", c.follows, y.says(y.acme, y.globex, y.alice, 0, c.name+" for followers", y.boris, y.bea), "1"},
			{"their members", c.members, y.says(y.acme, y.globex, y.alice, y.atlas.Key, c.name+" in Atlas", y.boris, y.bea), "2"},
			{"our followers", c.oursFollow, y.says(y.globex, y.acme, y.boris, 0, c.name+" for alice", y.alice), "3"},
			{"our members", c.ours, y.says(y.globex, y.acme, y.boris, y.ring.Key, c.name+" in Ring", y.alice), "4"},
		} {
			if !slices.Equal(way.got, way.want) {
				t.Errorf("%d: narrowed %s: of %s hear %v, want %v", i, c.name, way.name, way.got, way.want)
			}
		}
	}
}
