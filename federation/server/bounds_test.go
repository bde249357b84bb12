package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
)

// Limits at their edges: what is just within, and what is one beyond.

// truth is the header which says that nobody of acme follows bea, and its list.
func (s *stranger) truth(bea string) string {
	s.collection("/users/bea/sync", "OrderedCollection", "orderedItems", []any{})
	return fmt.Sprintf(`collectionId="%s/followers", url="%s/sync", digest="%s"`, bea, bea, store.Digest{})
}

func (c *company) followed(who store.Actor) int {
	c.t.Helper()
	n, err := c.db.CountFrom(c.t.Context(), store.Follow, who.Key)
	return must(c, n, err)
}

func TestASynchronisationHeaderIsNotTooLong(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := fan(t)
	truth := globex.truth(bea)
	for i, tc := range []struct{ size, follows int }{{limits.SynchronisationHeader + 1, 1}, {limits.SynchronisationHeader, 0}} {
		padding := strings.Repeat("x", tc.size-len(truth)-len(`, pad=""`))
		globex.declares(acme, bea, fmt.Sprint("/notes/", i), truth+`, pad="`+padding+`"`)
		if n := acme.followed(alice); n != tc.follows {
			t.Errorf("after a header of %d bytes alice follows %d", tc.size, n)
		}
	}
}

func TestFollowersAreSynchronisedNowAndThen(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		ago     time.Duration
		follows int
	}{{limits.SynchroniseEvery / 2, 1}, {limits.SynchroniseEvery, 0}} {
		acme, alice, globex, bea := fan(t)
		acme.tx(func(tx *store.Tx) error {
			tx.Now = tx.Now.Add(-tc.ago)
			_, _, err := tx.Begin(t.Context(), "synchronise", acme.knows(bea).Key, limits.SynchroniseEvery)
			return err
		})
		globex.declares(acme, bea, "/notes/1", globex.truth(bea))
		if n := acme.followed(alice); n != tc.follows {
			t.Errorf("%v after the last time alice follows %d", tc.ago, n)
		}
	}
}

func TestOneSynchronisationHealsSoMuch(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := fan(t)
	them := acme.knows(bea)
	for i := range limits.Healed { // with alice one more
		acme.joined(store.Follow, acme.named(fmt.Sprint("p", i)), them)
	}
	globex.declares(acme, bea, "/notes/1", globex.truth(bea))
	n, err := acme.db.CountTo(t.Context(), store.Follow, them.Key)
	if acme.do(err); n != 1 {
		t.Errorf("%d still follow bea, alice %d", n, acme.followed(alice))
	}
}

// named is somebody of a company's, without a key.
func (c *company) named(name string) (a store.Actor) {
	c.t.Helper()
	id := c.PersonID(name)
	c.tx(func(tx *store.Tx) (err error) {
		a, err = tx.PutActor(c.t.Context(), store.Actor{Local: true, Host: c.House.Host, Actor: activity.Actor{ID: id, Type: "Person", Username: activity.Text(name),
			Inbox: activity.Ref{ID: id + "/inbox"}, Followers: activity.Ref{ID: id + "/followers"}}})
		return err
	})
	return a
}

func TestTheListOfManyFollowersHasPages(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	path := "/users/alice/followers_synchronization"
	acme.tx(func(tx *store.Tx) error {
		for i := range limits.SynchronisationPage - 1 { // bea follows her too
			id := activity.ID(globex.id(fmt.Sprint("/users/p", i)))
			a, err := tx.PutActor(t.Context(), store.Actor{Host: globex.host, Actor: activity.Actor{ID: id, Type: "Person", Username: activity.Text(fmt.Sprint("p", i)), Inbox: activity.Ref{ID: id + "/inbox"}}})
			if err == nil {
				_, err = tx.PutEdge(t.Context(), store.Edge{Kind: store.Follow, Actor: a.Key, Object: alice.Key, Accepted: true})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	read := func(path string) (c activity.Collection) {
		t.Helper()
		status, body := acme.get(globex, bea, path)
		if err := json.Unmarshal([]byte(body), &c); err != nil || status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		return c
	}
	if c := read(path); len(c.Items) != limits.SynchronisationPage {
		t.Errorf("%d on a list of as many as a page has", len(c.Items))
	}
	dan := globex.person("dan")
	globex.send(acme, globex.follow(dan, alice))
	pump(t, acme)
	if c := read(path); len(c.Items) != 0 || c.First == "" {
		t.Errorf("%d on a list of one more, which begins at %q", len(c.Items), c.First)
	}
}

func TestAnActorFeaturesSoManyPosts(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), newStranger(t, "globex")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	profile := globex.actor("bea")
	profile["featured"] = bea + "/featured"
	globex.serve("/users/bea", profile)
	globex.say(acme, globex.note(bea, "/notes/said", ""))
	var all []any
	for i := range limits.Featured + 1 {
		all = append(all, globex.note(bea, fmt.Sprint("/notes/", i), ""))
	}
	globex.collection("/users/bea/featured", "OrderedCollection", "orderedItems", all)
	acme.do(acme.Visited(t.Context(), acme.knows(bea)))
	pump(t, acme)
	if got := acme.pins(globex); len(got) != limits.Featured {
		t.Errorf("bea features %q", got)
	}
}

func TestAnActorHasSoManyKeyPackages(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), newStranger(t, "globex")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	profile := globex.actor("bea")
	profile["keyPackages"] = bea + "/keys"
	globex.serve("/users/bea", profile)
	globex.say(acme, globex.note(bea, "/notes/said", ""))
	them := acme.knows(bea)
	acme.tx(func(tx *store.Tx) error {
		for i := range limits.KeyPackages - 1 {
			if err := tx.PutKeyPackage(t.Context(), them.Key, activity.ID(globex.id(fmt.Sprint("/keys/", i)))); err != nil {
				return err
			}
		}
		return nil
	})
	acme.adds(globex, bea, "/keys/last", store.Applied)
	acme.adds(globex, bea, "/keys/beyond", "many_keys")
	keys, err := acme.db.KeyPackages(t.Context(), them.Key)
	if acme.do(err); len(keys) != limits.KeyPackages {
		t.Errorf("bea has %d", len(keys))
	}
}

// adds sends the Add of a key package and looks what became of it.
func (c *company) adds(s *stranger, bea, path, want string) {
	c.t.Helper()
	id := s.id(path)
	s.send(c, map[string]any{"id": id + "#add", "type": "Add", "actor": bea, "object": id, "target": bea + "/keys", "to": activity.Public})
	pump(c.t, c)
	if got := c.outcome(id + "#add"); got != want {
		c.t.Errorf("%s: %q", path, got)
	}
}

func TestAThreadIsFilledNowAndThenAndNotForEver(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := fan(t)
	globex.say(acme, globex.note(bea, "/notes/1", ""))
	n := acme.note(activity.ID(globex.id("/notes/1")))
	now := time.Now()
	begins := func(after time.Duration) bool {
		t.Helper()
		before, err := acme.db.Pace(t.Context(), resolve.Threads, n.ThreadKey)
		acme.do(err)
		acme.tx(func(tx *store.Tx) error {
			tx.Now = now.Add(after)
			return resolve.PromiseThread(t.Context(), tx, n)
		})
		p, err := acme.db.Pace(t.Context(), resolve.Threads, n.ThreadKey)
		acme.do(err)
		return p.Begun != before.Begun
	}
	begins(time.Hour)
	if begins(time.Hour + limits.ThreadEvery - time.Second) {
		t.Error("it is filled again too early")
	}
	if !begins(time.Hour + limits.ThreadEvery + time.Millisecond) {
		t.Error("it is not filled again")
	}
	for _, tc := range []struct{ fetched, left int }{{limits.ThreadFetchesEver - 1, 1}, {1, 0}} {
		acme.tx(func(tx *store.Tx) error {
			p, err := tx.Pace(t.Context(), resolve.Threads, n.ThreadKey)
			if err == nil {
				_, err = tx.Advance(t.Context(), p, tc.fetched)
			}
			return err
		})
		now = now.Add(24 * time.Hour)
		acme.promised() // those from before
		if begins(0); acme.promised() != tc.left {
			t.Errorf("after %d requests more it is not %d that are left", tc.fetched, tc.left)
		}
	}
}

// promised takes what was promised, and gives how many requests a FillThread has left.
func (c *company) promised() (left int) {
	c.t.Helper()
	_, err := c.db.Drain(c.t.Context(), 100, func(ps []store.Promise) error {
		for _, p := range ps {
			var job store.FillThread
			if p.Kind == job.Kind() {
				c.do(json.Unmarshal([]byte(p.Payload), &job))
				left += job.Left
			}
		}
		return nil
	})
	c.do(err)
	return left
}

func TestTheNewHostsOfADomainAreCountedForADay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		ago time.Duration
		met bool
	}{{limits.NewHostsWithin - time.Minute, false}, {limits.NewHostsWithin + time.Minute, true}} {
		acme, evil := found(t, "acme", true), newStranger(t, "evil")
		acme.tx(func(tx *store.Tx) error {
			tx.Now = tx.Now.Add(-tc.ago)
			for i := range limits.NewHosts {
				if _, err := tx.Discover(t.Context(), resolve.Domain(evil.host), evil.subdomain(i).host, limits.NewHosts, limits.NewHostsWithin); err != nil {
					return err
				}
			}
			return nil
		})
		sub := evil.subdomain(99)
		troll := sub.person("troll")
		sub.send(acme, sub.create(troll, "/notes/1", "hello"))
		if got := acme.hasMet(troll); got != tc.met {
			t.Errorf("%v later a new one is met: %v", tc.ago, got)
		}
	}
}

func TestOfWhatOvertookAnAcceptSoMuchIsShown(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	acme.do(acme.Follow(t.Context(), alice, acme.knows(bea)))
	pump(t, acme)
	e, err := acme.db.Edge(t.Context(), store.Follow, alice.Key, acme.knows(bea).Key)
	acme.do(err)
	for i := range limits.CatchUp + 1 {
		globex.send(acme, globex.create(bea, fmt.Sprint("/notes/", i), fmt.Sprint(i)))
	}
	pump(t, acme)
	globex.send(acme, map[string]any{"id": bea + "#yes", "type": "Accept", "actor": bea, "object": e.IRI})
	pump(t, acme)
	n := 0
	for page := (store.Page{Limit: store.PageMax}); ; {
		es, err := acme.db.Home(t.Context(), alice.Key, page)
		if acme.do(err); len(es) == 0 {
			break
		}
		n, page.Before = n+len(es), es[len(es)-1].Key
	}
	if n != limits.CatchUp {
		t.Errorf("alice sees %d", n)
	}
}

func TestAPageOfOursHasSoManyEntries(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	post := func() {
		_, err := acme.Post(t.Context(), alice, federation.Draft{Text: "hello"})
		acme.do(err)
	}
	for range limits.GivenPage - 1 {
		post()
	}
	for _, isFull := range []bool{false, true, true} {
		status, body := acme.get(globex, bea, "/users/alice/outbox?page=1")
		var page struct {
			Items []any  `json:"orderedItems"`
			Next  string `json:"next"`
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil || status != 200 || (len(page.Items) == limits.GivenPage) != isFull || (page.Next != "") != isFull {
			t.Errorf("%d, %d entries, next %q, %v", status, len(page.Items), page.Next, err)
		}
		post()
	}
}

func TestSomebodyWhoIsSearchedForIsFetchedAgainAfterADay(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	for _, tc := range []struct {
		ago   time.Duration
		asked bool
	}{{limits.ActorEvery - time.Minute, false}, {limits.ActorEvery + time.Minute, true}} {
		acme.tx(func(tx *store.Tx) error {
			a := acme.knows(bea)
			a.FetchedAt = tx.Now.Add(-tc.ago)
			_, err := tx.PutActor(t.Context(), a)
			return err
		})
		before := globex.asked()
		if _, err := acme.ByHandle(t.Context(), "bea", globex.host); err != nil {
			t.Error(err)
		}
		if got := globex.asked() > before; got != tc.asked {
			t.Errorf("%v after she was fetched she is asked for: %v", tc.ago, got)
		}
	}
}

func TestAPictureThatCouldNotBeHadIsTriedAgainAfterAWhile(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := fan(t)
	asked := 0
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.NotFound(w, r)
	}))
	defer files.Close()
	address := strings.Replace(files.URL, "127.0.0.1", strings.Split(globex.host, ":")[0], 1)
	acme.isPartnerOf(&stranger{t: t, host: strings.TrimPrefix(address, "http://")})
	globex.say(acme, globex.note(bea, "/notes/1", "", "attachment", map[string]any{"type": "Document", "mediaType": "image/png", "url": address + "/x"}))
	link := acme.links(alice).Of(acme.note(activity.ID(globex.id("/notes/1"))), 0)
	for i, tc := range []struct {
		later time.Duration
		asked int
	}{{0, 1}, {limits.PictureRetry - time.Minute, 1}, {2 * time.Minute, 2}} {
		acme.ahead.Add(int64(tc.later))
		if resp := acme.shown(link); resp.StatusCode != 404 || asked != tc.asked {
			t.Errorf("time %d: %d, asked %d times", i+1, resp.StatusCode, asked)
		}
	}
}
