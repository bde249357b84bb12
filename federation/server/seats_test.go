package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// The companies of a group and their levels are known to those companies.

// listed are the companies that a document which is read names, as ReadSeat takes them.
func (c *company) listed(s *stranger, actor string, id activity.ID) string {
	c.t.Helper()
	status, body := c.get(s, actor, strings.TrimPrefix(string(id), c.URL))
	var doc struct {
		Companies []activity.Seat
	}
	if status != 200 {
		return fmt.Sprint(status)
	}
	c.do(json.Unmarshal([]byte(body), &doc))
	return seated(doc.Companies)
}

func seated(seats activity.Seats) string {
	var all []string
	for _, seat := range seats {
		all = append(all, seat.String())
	}
	return strings.Join(all, " ")
}

func TestWhoIsToldTheCompaniesOfAGroup(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	initech := newStranger(t, "initech")
	acme.isPartnerOf(initech)
	cora, ivan, server, theirs := globex.person("cora"), initech.person("ivan"), globex.instance(), initech.instance()
	for _, id := range []string{cora, ivan, server, theirs} {
		acme.get(globex, id, "/users/alice")
	}
	read := globex.host + "=read"
	groupless := newStranger(t, "umbrella")
	lets := agreement.Grant{Words: []agreement.Word{agreement.Profile, agreement.Follow}, People: agreement.Everyone()}
	acme.grants(groupless, lets, lets)
	uma := groupless.person("uma")
	acme.get(groupless, uma, "/users/alice")
	for _, c := range []struct {
		what           string
		access         activity.Access
		companies      []string
		member         bool   // bea
		want           string // to Globex
		toInitech      string
		toTheColleague string
	}{
		{"open", activity.AccessOpen, []string{read}, false, read, "404", read},
		{"open to all", activity.AccessOpen, []string{read, "*=post"}, false, read + " *=post", read + " *=post", read + " *=post"},
		{"closed", activity.AccessClosed, []string{read}, false, read, "404", read},
		{"closed, with her in it", activity.AccessClosed, []string{read}, true, read, "404", read},
		{"secret, without her", activity.AccessSecret, []string{read, "*"}, false, "404", "404", "404"},
		{"secret, with her in it", activity.AccessSecret, []string{read, initech.host}, true, read + " " + initech.host, "404", "404"},
	} {
		g, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: c.what, Access: c.access, Companies: c.companies})
		group := must(acme, g, err)
		if c.member {
			acme.joined(store.Membership, acme.knows(bea), group)
		}
		for actor, want := range map[string]string{bea: c.want, server: c.want, cora: c.toTheColleague} {
			if got := acme.listed(globex, actor, group.ID); got != want {
				t.Errorf("%s: %s is told %q, not %q", c.what, actor, got, want)
			}
		}
		for _, actor := range []string{ivan, theirs} {
			if got := acme.listed(initech, actor, group.ID); got != c.toInitech {
				t.Errorf("%s: %s is told %q, not %q", c.what, actor, got, c.toInitech)
			}
		}
		if got := acme.listed(groupless, uma, group.ID); got != "404" && got != "" {
			t.Errorf("%s: who may be in no group is told %q", c.what, got)
		}
		if got := acme.listed(nil, "", group.ID); got != "401" {
			t.Errorf("%s: nobody is told %q", c.what, got)
		}
	}
}

// Who is invited to a secret group knows it, and is told of its companies once they are in it.
func TestTheCompaniesOfASecretGroupAreForMembers(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessSecret)
	b.invites(b.bea)
	if got := seated(b.there().Companies); got != "" {
		t.Errorf("who is invited is told %q", got)
	}
	b.globex.do(b.globex.Join(t.Context(), b.bea, b.there()))
	b.pump()
	if got := seated(b.there().Companies); got != b.globex.Host {
		t.Errorf("who is in it is told %q", got)
	}
}

// Who is awaited from a group that goes on here knows it, but their company may not take part.
func TestWhoIsAwaitedWithoutAPlaceIsToldNoCompanies(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	for companies, want := range map[string]string{"initech.example": "", "*=read": "*=read"} {
		g, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Atlas " + want, Access: activity.AccessClosed})
		group := must(acme, g, err)
		acme.tx(func(tx *store.Tx) error {
			known := store.Group{Actor: group.Key, Access: activity.AccessClosed, Posting: store.AllMembers, Inviting: store.AllMembers}
			seat, err := activity.ReadSeat(companies)
			acme.do(err)
			known.Sits([]activity.Seat{seat})
			return tx.ChangeGroup(t.Context(), known)
		})
		acme.exec(fmt.Sprintf("INSERT INTO expected (group_key, iri, host, role) VALUES (%d, '%s', '%s', 'member')", group.Key, bea, globex.host))
		if got := acme.listed(globex, bea, group.ID); got != want {
			t.Errorf("she is told %q, not %q", got, want)
		}
	}
}

// An open federation answers those who do not say who they are, too: of the companies they
// learn nothing, neither by the group's document nor by what it has said of itself.
func TestThePublicIsNotToldTheCompaniesOfAGroup(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	companies := []string{"*", "globex.example=read"}
	g, err := acme.OpenGroup(t.Context(), alice, federation.GroupDraft{Name: "Atlas", Companies: companies})
	group := must(acme, g, err)
	acme.said()
	name := "Atlas 2"
	_, err = acme.ChangeGroup(t.Context(), alice, group, federation.Settings{Name: &name})
	acme.do(err)
	acme.do(acme.RotateKeys(t.Context(), group))
	paths := []string{strings.TrimPrefix(string(group.ID), acme.URL)}
	for _, r := range acme.said() {
		if !strings.Contains(string(r.Raw), "globex.example") {
			t.Errorf("its members are not told: %s", r.Raw)
		}
		paths = append(paths, "/activities/"+r.Key.String())
	}
	if len(paths) != 3 {
		t.Fatalf("it said %q", paths)
	}
	for _, path := range paths {
		if status, body := acme.get(nil, "", path); status != 200 || strings.Contains(body, "globex.example") {
			t.Errorf("%s gives %d %s", path, status, body)
		}
	}
}

// narrows gives Globex another level, at the word of the group's owner.
func (b *board) narrows(level activity.Level) {
	b.t.Helper()
	b.takes(b.globex.Host + "=" + string(level))
	b.pump()
}

// refused are those things that bea may not do in the group at home, of all that take a level.
func (b *board) refused(of, own store.Note) (refused []string) {
	b.t.Helper()
	ctx, there := b.t.Context(), b.globex.note(of.ID)
	for what, do := range map[string]func() error{
		"answer": func() error {
			_, err := b.globex.Post(ctx, b.bea, federation.Draft{Text: "an answer", ReplyTo: there.Key})
			return err
		},
		"ask who would read an answer": func() error {
			_, err := b.globex.Audience(ctx, b.bea, federation.Draft{Text: "an answer", ReplyTo: there.Key})
			return err
		},
		"edit": func() error {
			_, err := b.globex.Edit(ctx, b.bea, b.globex.note(own.ID), federation.Draft{Text: "edited at level " + string(b.globex.LevelIn(b.there()))})
			return err
		},
		"like":  func() error { return b.globex.Like(ctx, b.bea, there) },
		"react": func() error { return b.globex.React(ctx, b.bea, there, "🎉") },
		"vote":  func() error { return b.globex.Vote(ctx, b.bea, there, []int{0}) },
		"post": func() error {
			_, err := b.globex.Post(ctx, b.bea, federation.Draft{Text: "news", Group: b.there().Key})
			return err
		},
		"invite": func() error { return b.globex.Invite(ctx, b.bea, b.there(), b.carl) },
	} {
		b.globex.said()
		err := do()
		switch {
		case reason(err) == "company_level":
			refused = append(refused, what)
			if said := b.globex.said(); len(said) > 0 {
				b.t.Errorf("%s is refused, and %s is sent", what, said[0].Raw)
			}
			if !strings.Contains(err.Error(), b.acme.Host) {
				b.t.Errorf("it says %q", err)
			}
		case err != nil && reason(err) != "voted_already":
			b.t.Errorf("%s: %v", what, err)
		}
	}
	b.pump()
	slices.Sort(refused)
	return refused
}

func TestWhatTheirCompanyMayNotDoInAGroupElsewhereIsRefusedAtHome(t *testing.T) {
	t.Parallel()
	for _, access := range activity.Accesses {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			b := newBoard(t, access)
			b.comes(b.bea)
			all := store.AllMembers
			_, err := b.acme.ChangeGroup(t.Context(), b.alice, b.group, federation.Settings{Inviting: &all})
			b.acme.do(err)
			b.pump()
			minutes, err := b.acme.Post(t.Context(), b.alice, federation.Draft{Text: "minutes", Group: b.group.Key, Poll: &federation.Poll{Options: []string{"tea", "coffee"}, Open: time.Hour, Multiple: true}})
			must(b.acme, minutes, err)
			own := b.globex.writes(b.bea, "her own", b.there())
			b.pump()
			everything := []string{"answer", "ask who would read an answer", "edit", "invite", "like", "post", "react", "vote"}
			for _, step := range []struct {
				level activity.Level
				want  []string
			}{
				{activity.Reads, everything}, {activity.Comments, []string{"invite", "post"}}, {activity.Posts, []string{"invite"}},
				{activity.Reads, []string{"answer", "ask who would read an answer", "edit", "invite", "post"}}, // the rest is done already
				{activity.Invites, nil},
			} {
				b.narrows(step.level)
				if got := b.globex.LevelIn(b.there()); got != step.level {
					t.Errorf("Globex knows %q of its level, not %q", got, step.level)
				}
				if got := b.refused(minutes, own); !slices.Equal(got, step.want) {
					t.Errorf("at level %s %q are refused, not %q", step.level, got, step.want)
				}
			}
			b.narrows(activity.Reads) // what was done may be taken back
			b.globex.do(b.globex.Unlike(t.Context(), b.bea, b.globex.note(minutes.ID)))
			b.globex.do(b.globex.Delete(t.Context(), b.bea, b.globex.note(own.ID)))
			b.globex.do(b.globex.Leave(t.Context(), b.bea, b.there()))
			b.pump()
			if got := b.in(b.bea); got != false {
				t.Errorf("she is in it: %v", got)
			}
		})
	}
}

// unaware is software that does not read which companies a group has: as Globex is until it
// hears of the group again.
func (b *board) unaware() {
	b.t.Helper()
	b.globex.exec("UPDATE actors SET doc = doc - 'companies' WHERE type = 'Group' AND NOT local")
}

// Nobody tells a company which others a group has when nobody of its people is in it: it knows
// that no more, until somebody looks at the group and it may still know it.
func TestACompanyWithNobodyInAGroupForgetsItsCompanies(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]func(*board){
		"they leave": func(b *board) { b.globex.do(b.globex.Leave(t.Context(), b.bea, b.there())) },
		"they are removed": func(b *board) {
			b.acme.do(b.acme.Remove(t.Context(), b.alice, b.group, b.acme.knows(string(b.bea.ID))))
		},
		"it takes them not": func(b *board) { b.takes() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBoard(t, activity.AccessClosed)
			b.comes(b.bea)
			b.comes(b.carl)
			b.globex.do(b.globex.Leave(t.Context(), b.carl, b.there()))
			b.pump()
			if got := seated(b.there().Companies); got != b.globex.Host {
				t.Fatalf("with bea in it Globex knows %q", got)
			}
			out(b)
			b.pump()
			if got := seated(b.there().Companies); got != "" || b.globex.LevelIn(b.there()) != "" {
				t.Errorf("with nobody in it Globex knows %q", got)
			}
			b.globex.said()
			if _, err := b.globex.Post(t.Context(), b.bea, federation.Draft{Text: "news", Group: b.there().Key}); reason(err) != "not_a_member" || len(b.globex.said()) > 0 {
				t.Errorf("she posts: %v", err)
			}
			b.globex.page(b.carl, "/@"+string(b.group.Username)+"@"+b.acme.Host)
			b.pump()
			want := b.globex.Host
			if name == "it takes them not" {
				want = ""
			}
			if got := seated(b.there().Companies); got != want {
				t.Errorf("when he looks at it Globex knows %q, not %q", got, want)
			}
		})
	}
}

func TestAGroupThatIsLookedAtIsAskedAnewWhereNobodyIsInIt(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessClosed)
	path := "/@" + string(b.group.Username) + "@" + b.acme.Host
	look := func(want string) {
		t.Helper()
		b.globex.page(b.carl, path)
		b.pump()
		if got := seated(b.there().Companies); got != want {
			t.Errorf("Globex knows %q, not %q", got, want)
		}
		b.globex.exec("DELETE FROM paces WHERE kind = 'featured'") // half a day later
	}
	look(b.globex.Host)
	b.takes(b.globex.Host+"=read", "*")
	look(b.globex.Host + "=read *")
	b.takes()
	look("")
}

// takes gives the group other companies.
func (b *board) takes(companies ...string) {
	b.t.Helper()
	if companies == nil {
		companies = []string{}
	}
	_, err := b.acme.ChangeGroup(b.t.Context(), b.alice, b.group, federation.Settings{Companies: &companies})
	b.acme.do(err)
}
