package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mattn/go-mastodon"
)

func TestAMastodonClientWorks(t *testing.T) {
	t.Parallel()
	acme, globex := sharedPair(t)
	alice, bea := acme.hire(t, "alice"), globex.hire(t, "bea")
	c := &chat{alice: alice.opensApp(t), bea: bea.opensApp(t)}
	c.meet(t, alice, bea)
	c.talk(t)
	c.react(t)
	c.turnPages(t, alice)
	c.part(t)
}

// chat are two people who use stock clients, and what one of them has posted as
// the other's instance shows it.
type chat struct {
	alice, bea *mastodon.Client
	post       *mastodon.Status // bea's, at Globex
	here       *mastodon.Status // the same, at Acme
	them       *mastodon.Account
}

// meet looks around at home, finds the other and follows each other.
func (c *chat) meet(t *testing.T, alice, bea *person) {
	t.Helper()
	instance, err := c.alice.GetInstance(t.Context())
	must(t, err)
	if instance.URI != alice.at.host || instance.Version == "" || instance.Configuration == nil {
		t.Errorf("the instance is %+v", instance)
	}
	app, err := c.alice.VerifyAppCredentials(t.Context())
	must(t, err)
	me, err := c.alice.GetAccountCurrentUser(t.Context())
	must(t, err)
	if app.Name != "go-mastodon" || me.Acct != "alice" || me.URL == "" {
		t.Errorf("%s is used by %+v", app.Name, me)
	}
	c.them = find(t, c.alice, bea.handle())
	again, err := c.alice.AccountLookup(t.Context(), bea.handle())
	must(t, err)
	if again.ID != c.them.ID {
		t.Errorf("lookup gives %s, search %s", again.ID, c.them.ID)
	}
	follow(t, c.alice, c.them.ID)
	follow(t, c.bea, find(t, c.bea, alice.handle()).ID)
}

func find(t *testing.T, c *mastodon.Client, handle string) *mastodon.Account {
	t.Helper()
	found, err := c.Search(t.Context(), "@"+handle, true)
	must(t, err)
	if len(found.Accounts) != 1 || found.Accounts[0].Acct != handle {
		t.Fatalf("a search for %s finds %v", handle, found.Accounts)
	}
	return found.Accounts[0]
}

func follow(t *testing.T, c *mastodon.Client, id mastodon.ID) {
	t.Helper()
	tie, err := c.AccountFollow(t.Context(), id)
	must(t, err)
	if !tie.Following && !tie.Requested {
		t.Errorf("after following: %+v", tie)
	}
	soon(t, patience, func() error {
		ties, err := c.GetAccountRelationships(t.Context(), []string{string(id)})
		if err == nil && (len(ties) != 1 || ties[0].ID != id || !ties[0].Following) {
			err = errors.New("the follow has not been accepted")
		}
		return err
	})
}

// talk is a post, a reply from the other company, the thread, and an edit.
func (c *chat) talk(t *testing.T) {
	t.Helper()
	var err error
	c.post, err = c.bea.PostStatus(t.Context(), &mastodon.Toot{Status: "Is the *prototype* ready?", Visibility: "public", Language: "en"})
	must(t, err)
	soon(t, patience, func() error {
		home, err := c.alice.GetTimelineHome(t.Context(), nil)
		at := slices.IndexFunc(home, func(s *mastodon.Status) bool { return s.URI == c.post.URI })
		if err != nil || at < 0 {
			return errors.Join(errors.New("bea's post is not at Acme"), err)
		}
		c.here = home[at]
		return nil
	})
	reply, err := c.alice.PostStatus(t.Context(), &mastodon.Toot{Status: "@" + c.them.Acct + " It is.", InReplyToID: c.here.ID})
	must(t, err)
	above, err := c.alice.GetStatusContext(t.Context(), reply.ID)
	must(t, err)
	if len(above.Ancestors) != 1 || above.Ancestors[0].ID != c.here.ID || len(reply.Mentions) != 1 {
		t.Errorf("the reply mentions %v and is below %v", reply.Mentions, above.Ancestors)
	}
	soon(t, patience, func() error {
		below, err := c.bea.GetStatusContext(t.Context(), c.post.ID)
		if err == nil && (len(below.Descendants) != 1 || below.Descendants[0].URI != reply.URI) {
			err = errors.New("the reply is not at Globex")
		}
		return err
	})
	_, err = c.bea.UpdateStatus(t.Context(), &mastodon.Toot{Status: "Is the prototype tested?"}, c.post.ID)
	must(t, err)
	soon(t, patience, func() error {
		s, err := c.alice.GetStatus(t.Context(), c.here.ID)
		if err == nil && (!strings.Contains(s.Content, "tested") || s.EditedAt.IsZero()) {
			err = errors.New("the edit is not at Acme")
		}
		return err
	})
}

// react is a favourite and a boost, and how bea hears of all that alice did.
func (c *chat) react(t *testing.T) {
	t.Helper()
	s, err := c.alice.Favourite(t.Context(), c.here.ID)
	must(t, err)
	boost, err := c.alice.Reblog(t.Context(), c.here.ID)
	must(t, err)
	if s.Favourited != true || boost.Reblog == nil || boost.Reblog.ID != c.here.ID || boost.Reblog.Reblogged != true {
		t.Errorf("favourited: %v, boosted: %+v", s.Favourited, boost.Reblog)
	}
	soon(t, patience, func() error {
		s, err := c.bea.GetStatus(t.Context(), c.post.ID)
		if err == nil && (s.FavouritesCount != 1 || s.ReblogsCount != 1 || s.RepliesCount != 1) {
			err = fmt.Errorf("at Globex there are %d favourites, %d boosts, %d replies", s.FavouritesCount, s.ReblogsCount, s.RepliesCount)
		}
		return err
	})
	told, err := c.bea.GetNotifications(t.Context(), &mastodon.Pagination{Limit: 40})
	must(t, err)
	var kinds []string
	for _, n := range told {
		kinds = append(kinds, n.Type)
	}
	slices.Sort(kinds)
	if want := []string{"favourite", "follow", "mention", "reblog"}; !slices.Equal(kinds, want) {
		t.Errorf("bea is told of %v, want %v", kinds, want)
	}
}

// turnPages reads timelines from end to end, as the Link headers lead.
func (c *chat) turnPages(t *testing.T, alice *person) {
	t.Helper()
	alice.says(t, "page", 25)
	for name, read := range map[string]func(context.Context, *mastodon.Pagination) ([]*mastodon.Status, error){
		"home": c.alice.GetTimelineHome,
		"public": func(ctx context.Context, p *mastodon.Pagination) ([]*mastodon.Status, error) {
			return c.alice.GetTimelinePublic(ctx, true, p)
		},
	} {
		var ids []mastodon.ID
		pages, ours := 0, 0
		for p := (&mastodon.Pagination{Limit: 10}); pages == 0 || p.MaxID != ""; pages++ {
			page, err := read(t.Context(), p)
			must(t, err)
			for _, s := range page {
				ids = append(ids, s.ID)
				if strings.HasPrefix(s.Content, "<p>page-") {
					ours++
				}
			}
			if len(page) > 10 || pages > 20 {
				t.Fatalf("%s: page %d has %d posts", name, pages, len(page))
			}
		}
		isSorted := slices.IsSortedFunc(ids, func(a, b mastodon.ID) int { return b.Compare(a) })
		if !isSorted || len(slices.Compact(ids)) != len(ids) || ours != 25 || pages < 3 {
			t.Errorf("%s: %d posts on %d pages, %d of them the 25; newest first: %t", name, len(ids), pages, ours, isSorted)
		}
	}
}

// part takes everything back.
func (c *chat) part(t *testing.T) {
	t.Helper()
	s, err := c.alice.Unfavourite(t.Context(), c.here.ID)
	must(t, err)
	_, err = c.alice.Unreblog(t.Context(), c.here.ID)
	must(t, err)
	tie, err := c.alice.AccountUnfollow(t.Context(), c.them.ID)
	must(t, err)
	if s.Favourited != false || tie.Following {
		t.Errorf("favourited: %v, following: %t", s.Favourited, tie.Following)
	}
	must(t, c.bea.DeleteStatus(t.Context(), c.post.ID))
	soon(t, patience, func() error {
		_, err := c.alice.GetStatus(t.Context(), c.here.ID)
		if refused, ok := errors.AsType[*mastodon.APIError](err); !ok || refused.StatusCode != http.StatusNotFound {
			return fmt.Errorf("after the delete Acme answers %v", err)
		}
		return nil
	})
	token := c.alice.Config.AccessToken
	must(t, c.alice.RevokeToken(t.Context()))
	c.alice.Config.AccessToken = token // the client has forgotten it
	if _, err := c.alice.GetAccountCurrentUser(t.Context()); err == nil {
		t.Error("a token that was revoked works")
	}
}
