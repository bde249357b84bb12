package server_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// audience is two companies where bea and boris of Globex follow alice of Acme.
func audience(t *testing.T) (acme, globex *company, alice, bea store.Actor) {
	t.Helper()
	acme, globex = companies(t)
	alice, bea = acme.person("alice"), globex.person("bea")
	boris := globex.person("boris")
	for _, who := range []store.Actor{bea, boris} {
		globex.do(globex.Follow(t.Context(), who, globex.sees(alice)))
	}
	pump(t, acme, globex)
	return acme, globex, alice, bea
}

// countBoth is how many of one side's people follow alice, as both sides know.
func countBoth(t *testing.T, acme, globex *company, alice store.Actor) (there, here int) {
	t.Helper()
	there, err := acme.db.CountTo(t.Context(), store.Follow, alice.Key)
	acme.do(err)
	here, err = globex.db.CountTo(t.Context(), store.Follow, globex.sees(alice).Key)
	globex.do(err)
	return there, here
}

func TestALostUndoHealsWithTheNextPost(t *testing.T) {
	t.Parallel()
	acme, globex, alice, bea := audience(t)
	globex.tx(func(tx *store.Tx) error { // bea unfollows, and Acme never hears of it
		_, err := tx.CutEdge(t.Context(), store.Follow, bea.Key, globex.sees(alice).Key)
		return err
	})
	_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello", Visibility: activity.VisibleFollowers})
	acme.do(err)
	pump(t, acme, globex)
	if there, here := countBoth(t, acme, globex, alice); there != 1 || here != 1 {
		t.Fatalf("Acme knows %d followers, Globex %d", there, here)
	}
}

func TestALostRejectHealsWithTheNextPost(t *testing.T) {
	t.Parallel()
	acme, globex, alice, bea := audience(t)
	acme.tx(func(tx *store.Tx) error { // alice lets bea go, and Globex never hears of it
		_, err := tx.CutEdge(t.Context(), store.Follow, acme.sees(bea).Key, alice.Key)
		return err
	})
	_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	pump(t, acme, globex)
	if there, here := countBoth(t, acme, globex, alice); there != 1 || here != 1 {
		t.Fatalf("Acme knows %d followers, Globex %d", there, here)
	}
	if is, err := globex.db.HasEdge(t.Context(), store.Follow, bea.Key, globex.sees(alice).Key); err != nil || is {
		t.Errorf("bea still follows: %v", err)
	}
}

// room is a group of Acme's that bea and boris of Globex are in.
func room(t *testing.T) (acme, globex *company, alice, atlas, bea, boris store.Actor) {
	t.Helper()
	acme, globex = companies(t)
	alice, bea, boris = acme.person("alice"), globex.person("bea"), globex.person("boris")
	atlas = acme.opens(alice, "Atlas", globex.House.Host)
	for _, who := range []store.Actor{bea, boris} {
		globex.do(globex.Join(t.Context(), who, globex.sees(atlas)))
	}
	pump(t, acme, globex)
	return acme, globex, alice, atlas, bea, boris
}

func TestTheMembersOfAGroupElsewhereAreSynchronised(t *testing.T) {
	t.Parallel()
	cut := func(c *company, who, group store.Actor) {
		c.tx(func(tx *store.Tx) error {
			was, err := tx.CutEdge(t.Context(), store.Membership, who.Key, group.Key)
			if !was {
				t.Error("was no member")
			}
			return err
		})
	}
	for name, lose := range map[string]func(acme, globex *company, atlas, bea store.Actor){
		"the group has lost a member":  func(acme, _ *company, atlas, bea store.Actor) { cut(acme, acme.sees(bea), atlas) },
		"the group keeps who has left": func(_, globex *company, atlas, bea store.Actor) { cut(globex, bea, globex.sees(atlas)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acme, globex, alice, atlas, bea, boris := room(t)
			lose(acme, globex, atlas, bea)
			_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello", Group: atlas.Key})
			acme.do(err)
			pump(t, acme, globex)
			for _, who := range []struct {
				store.Actor
				is bool
			}{{bea, false}, {boris, true}} {
				there, err := acme.db.IsMember(t.Context(), acme.sees(who.Actor).Key, atlas.Key)
				acme.do(err)
				here, err := globex.db.IsMember(t.Context(), who.Key, globex.sees(atlas).Key)
				globex.do(err)
				if there != who.is || here != who.is {
					t.Errorf("%s is a member: %v says Acme, %v Globex; want %v", who.Username, there, here, who.is)
				}
			}
		})
	}
}

func TestWhereNothingWasLostNobodyAsks(t *testing.T) {
	t.Parallel()
	acme, globex, alice, _ := audience(t)
	_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
	acme.do(err)
	pump(t, acme, globex)
	if p, err := globex.db.Pace(t.Context(), "synchronise", globex.sees(alice).Key); err != nil || p.Begun != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	if there, here := countBoth(t, acme, globex, alice); there != 2 || here != 2 {
		t.Fatalf("Acme knows %d followers, Globex %d", there, here)
	}
}

// declares delivers a post of bea with a synchronisation header.
func (s *stranger) declares(c *company, bea, path, header string) {
	s.deliversWith(c, bea, path, header, true)
}

func (s *stranger) deliversWith(c *company, bea, path, header string, isSigned bool) {
	s.t.Helper()
	raw, err := json.Marshal(s.create(bea, path, "hello"))
	if err != nil {
		s.t.Fatal(err)
	}
	body := string(raw)
	r, err := http.NewRequestWithContext(s.t.Context(), "POST", c.House.URL+"/inbox", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/activity+json")
	if isSigned {
		r.Header.Set(federation.SynchronisationHeader, header)
	}
	if err := httpsign.Sign(r, []byte(body), httpsign.Signer{KeyID: activity.ID(bea + "#main-key"), Key: s.key}, time.Now()); err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set(federation.SynchronisationHeader, header)
	if status, answer := c.answer(r); status != http.StatusAccepted {
		s.t.Fatalf("%d %s", status, answer)
	}
	pump(s.t, c)
}

func TestALyingSynchronisationHeaderDoesNothing(t *testing.T) {
	t.Parallel()
	nobody := store.Digest{}.String()
	wrong := strings.Repeat("ab", 32)
	for name, lie := range map[string]func(bea, dan, evil string) string{
		"a list that is not what the digest says": func(bea, _, _ string) string {
			return fmt.Sprintf(`collectionId="%s/followers", url="%s/sync", digest="%s"`, bea, bea, wrong)
		},
		"a list that cannot be had": func(bea, _, _ string) string {
			return fmt.Sprintf(`collectionId="%s/followers", url="%s/missing", digest="%s"`, bea, bea, nobody)
		},
		"a list on another host": func(bea, _, evil string) string {
			return fmt.Sprintf(`collectionId="%s/followers", url="%s/sync", digest="%s"`, bea, evil, nobody)
		},
		"the followers of somebody else": func(_, dan, _ string) string {
			return fmt.Sprintf(`collectionId="%s/followers", url="%s/sync", digest="%s"`, dan, dan, nobody)
		},
		"no header at all": func(_, _, _ string) string { return strings.Repeat("=,\"", 1000) },
	} {
		t.Run(name, func(t *testing.T) {
			acme, alice, globex, bea := fan(t)
			evil := newStranger(t, "evil")
			acme.isPartnerOf(evil)
			evil.serve("/sync", map[string]any{"id": evil.id("/sync"), "type": "OrderedCollection", "orderedItems": []any{}})
			dan := globex.person("dan")
			globex.send(acme, globex.create(dan, "/notes/dan", "I am here"))
			globex.serve("/users/bea/sync", map[string]any{"id": bea + "/sync", "type": "OrderedCollection", "orderedItems": []any{}})
			globex.serve("/users/dan/sync", map[string]any{"id": dan + "/sync", "type": "OrderedCollection", "orderedItems": []any{}})
			globex.declares(acme, bea, "/notes/1", lie(bea, dan, evil.url))
			if is, err := acme.db.HasEdge(t.Context(), store.Follow, alice.Key, acme.sees(store.Actor{Actor: activity.Actor{Username: "bea"}, Host: globex.host}).Key); err != nil || !is {
				t.Errorf("alice no longer follows bea: %v", err)
			}
			if evil.asked() != 0 {
				t.Error("the other host was asked")
			}
		})
	}
	t.Run("and the truth ends the follow", func(t *testing.T) { // else the lies above prove nothing
		acme, alice, globex, bea := fan(t)
		globex.serve("/users/bea/sync", map[string]any{"id": bea + "/sync", "type": "OrderedCollection", "orderedItems": []any{}})
		truth := fmt.Sprintf(`collectionId="%s/followers", url="%s/sync", digest="%s"`, bea, bea, nobody)
		globex.deliversWith(acme, bea, "/notes/0", truth, false) // but not if anybody may have said it
		if n, err := acme.db.CountFrom(t.Context(), store.Follow, alice.Key); err != nil || n != 1 {
			t.Fatalf("alice follows %d, %v", n, err)
		}
		globex.declares(acme, bea, "/notes/1", truth)
		if n, err := acme.db.CountFrom(t.Context(), store.Follow, alice.Key); err != nil || n != 0 {
			t.Errorf("alice follows %d, %v", n, err)
		}
	})
}

func TestTheListOfFollowersIsForTheServerOfThoseOnIt(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	other := newStranger(t, "other")
	acme.isPartnerOf(other)
	eve := other.person("eve")
	path := "/users/" + string(alice.Username) + "/followers_synchronization"
	if got := globex.items(acme, bea, activity.ID(acme.House.URL+path)); len(got) != 1 || got[0] != bea {
		t.Errorf("Globex reads %q", got)
	}
	if got := other.items(acme, eve, activity.ID(acme.House.URL+path)); len(got) != 0 {
		t.Errorf("another partner reads %q", got)
	}
	if status, _ := acme.get(nil, "", path); status != http.StatusUnauthorized {
		t.Errorf("without a signature: %d", status)
	}
}

func TestTheKeptDigestIsWhatTheFollowersAddUpTo(t *testing.T) {
	t.Parallel()
	acme, ctx := found(t, "acme", false), t.Context()
	alice := acme.person("alice")
	var people []store.Actor
	acme.tx(func(tx *store.Tx) error {
		for i := range 40 {
			id := activity.ID(fmt.Sprintf("https://host%d.example/users/%d", i%3, i))
			a, err := tx.PutActor(ctx, store.Actor{Host: id.Host(), Actor: activity.Actor{ID: id, Type: "Person", Username: "x", Inbox: activity.Ref{ID: id + "/inbox"}}})
			if err != nil {
				return err
			}
			people = append(people, a)
		}
		return nil
	})
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		who := people[random.IntN(len(people))]
		acme.tx(func(tx *store.Tx) (err error) {
			switch random.IntN(6) {
			case 0, 1:
				_, err = tx.PutEdge(ctx, store.Edge{Kind: store.Follow, Actor: who.Key, Object: alice.Key, Accepted: random.IntN(2) == 0})
			case 2:
				_, err = tx.Accept(ctx, store.Follow, who.Key, alice.Key)
			case 3:
				_, err = tx.CutEdge(ctx, store.Follow, who.Key, alice.Key)
			case 4:
				_, err = tx.PutEdge(ctx, store.Edge{Kind: store.Block, Actor: who.Key, Object: alice.Key, Accepted: true})
			case 5:
				if random.IntN(20) == 0 {
					err = tx.DeleteActor(ctx, who.Key)
				}
			}
			return err
		})
	}
	for i := range 3 {
		host := fmt.Sprintf("host%d.example", i)
		tied, err := acme.db.TiedAt(ctx, store.Follow, alice.Key, host, 0, 100)
		acme.do(err)
		var ids []activity.ID
		for _, tie := range tied {
			if tie.Accepted {
				ids = append(ids, tie.IRI)
			}
		}
		kept, err := acme.db.Digest(ctx, store.Follow, alice.Key, host)
		if want := store.DigestOf(ids); err != nil || kept != want || want.People == 0 {
			t.Errorf("%s: kept %v of %d people, they add up to %v of %d (%v)", host, kept, kept.People, want, want.People, err)
		}
	}
}

// forgets makes a company lose an answer: whoever has it has only asked, as far as it knows.
func (c *company) losesAnswer(kind string, who, whom store.Actor) {
	c.t.Helper()
	e, err := c.db.Edge(c.t.Context(), kind, who.Key, whom.Key)
	c.do(err)
	c.tx(func(tx *store.Tx) error {
		if _, err := tx.CutEdge(c.t.Context(), kind, who.Key, whom.Key); err != nil {
			return err
		}
		_, err := tx.PutEdge(c.t.Context(), store.Edge{Kind: kind, Actor: who.Key, Object: whom.Key, IRI: e.IRI})
		return err
	})
}

func TestALostAcceptHealsWithTheNextPost(t *testing.T) {
	t.Parallel()
	for _, access := range []activity.Access{activity.AccessOpen, activity.AccessClosed, activity.AccessSecret} {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			b := newBoard(t, access)
			b.comes(b.bea)
			b.comes(b.carl) // who hears of it
			b.globex.losesAnswer(store.Membership, b.bea, b.there())
			if got := b.in(b.bea); got != nil {
				t.Fatalf("nothing is lost: %v", got)
			}
			b.acme.writes(b.alice, "hello", b.group)
			b.pump()
			if got := b.in(b.bea); got != true {
				t.Errorf("she is in it: %v", got)
			}
			b.acme.writes(b.alice, "again", b.group)
			b.pump()
			if got := b.globex.home(b.bea); !slices.Contains(got, "again") {
				t.Errorf("she reads %q", got)
			}
		})
	}
}

func TestALostAcceptOfAFollowHealsWithTheNextPost(t *testing.T) {
	t.Parallel()
	acme, globex, alice, bea := audience(t)
	globex.losesAnswer(store.Follow, bea, globex.sees(alice))
	acme.posts(alice, "hello")
	pump(t, acme, globex)
	if there, here := countBoth(t, acme, globex, alice); there != here {
		t.Errorf("%d follow says Acme, %d Globex", there, here)
	}
}

// Whom a group has lost looks after it no more, and what is lost within the same minute
// waits for the next one.
func TestWhoIsFoundToBeOutOfAGroupHasNoPartInItAnyMore(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessSecret)
	b.comes(b.bea)
	b.comes(b.carl)
	b.acme.do(b.acme.SetRole(t.Context(), b.alice, b.group, b.acme.sees(b.bea), store.Moderator))
	b.pump()
	isModerator := func() bool {
		is, err := b.globex.db.HasEdge(t.Context(), store.Moderator, b.bea.Key, b.there().Key)
		b.globex.do(err)
		return is
	}
	if !isModerator() {
		t.Fatal("she is no moderator")
	}
	b.acme.tx(func(tx *store.Tx) error { return tx.CutMember(t.Context(), b.acme.sees(b.bea).Key, b.group.Key) })
	b.acme.writes(b.alice, "hello", b.group)
	b.pump()
	if got := b.in(b.bea); got != false || isModerator() {
		t.Errorf("she is in it: %v, and a moderator: %t", got, isModerator())
	}
}
