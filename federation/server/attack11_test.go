package server_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// network is that of one company: names that lead where a test says, and a note
// of every address that was dialled. Nothing but this machine is really called.
type network struct {
	mu      sync.Mutex
	names   map[string]netip.Addr
	dialled []string
}

// lead makes a name lead to an address from now on.
func (w *network) lead(name, address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.names == nil {
		w.names = map[string]netip.Addr{}
	}
	w.names[name] = netip.MustParseAddr(address)
}

func (w *network) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a, ok := w.names[host]; ok {
		return []netip.Addr{a}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (w *network) dial(ctx context.Context, kind, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dialled = append(w.dialled, address)
	w.mu.Unlock()
	if a, err := netip.ParseAddrPort(address); err != nil || !a.Addr().IsLoopback() {
		return nil, errors.New("tests call this machine only")
	}
	return new(net.Dialer).DialContext(ctx, kind, address)
}

// inside are the addresses that were dialled and are not public, but for those that
// companies of tests live at.
func (w *network) inside() (found []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, address := range w.dialled {
		if a, err := netip.ParseAddrPort(address); err != nil || !a.Addr().IsLoopback() {
			found = append(found, address)
		}
	}
	return found
}

// rebinds is a stranger whose name leads to it until it leads somewhere else. It keeps no
// connection, so that each request asks anew.
func rebinds(c *company, name string) *stranger {
	s := newStranger(c.t, name)
	s.http.Config.SetKeepAlivesEnabled(false)
	s.named(name + ".test")
	c.network.lead(name+".test", "127.0.0.1")
	return s
}

// delivered does the jobs of a company and gives what came of each delivery, by inbox.
func (c *company) delivered() map[string]error {
	c.t.Helper()
	got := map[string]error{}
	for {
		n, err := c.db.Drain(c.t.Context(), 1000, func(ps []store.Promise) error {
			for _, p := range ps {
				if p.Kind != "fan" {
					c.do(c.run(c.t.Context(), p.Kind, []byte(p.Payload)))
					continue
				}
				c.do(run(c.t.Context(), []byte(p.Payload), func(ctx context.Context, f store.Fan) error {
					all, err := c.Deliveries(ctx, f)
					for _, d := range all {
						got[d.Inbox] = c.Deliver(ctx, d)
					}
					return err
				}))
			}
			return nil
		})
		c.do(err)
		if n == 0 {
			return got
		}
	}
}

// GHSA-f59r-8gcj-68f2: the actor was met at a public address, its inbox is not at one.
func TestAttack11ADeliveryGoesToNoInternalAddress(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	ctx, alice := t.Context(), acme.person("alice")
	good, evil, shared, claimed := newStranger(t, "good"), rebinds(acme, "evil"), rebinds(acme, "shared"), newStranger(t, "claimed")
	bea, mallory := good.person("bea"), evil.person("mallory")
	with := func(s *stranger, endpoint string) string {
		id, doc := s.person("mallory"), s.actor("mallory")
		doc["endpoints"] = map[string]any{"sharedInbox": endpoint}
		s.serve("/users/mallory", doc)
		return id
	}
	for _, id := range []string{bea, mallory, with(shared, shared.id("/inbox")), with(claimed, "http://10.0.0.9/inbox")} {
		follower := actorOf(acme, alice, id)
		acme.tx(func(tx *store.Tx) error {
			_, err := tx.PutEdge(ctx, store.Edge{Kind: store.Follow, Actor: follower.Key, Object: alice.Key, Accepted: true})
			return err
		})
	}
	acme.network.lead("evil.test", "10.0.0.7")  // a private network
	acme.network.lead("shared.test", "0.0.0.0") // this machine
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "hello"})
	acme.do(err)
	got := acme.delivered()
	want := map[string]string{bea + "/inbox": "", claimed.id("/users/mallory/inbox"): "", mallory + "/inbox": "address_refused", shared.id("/inbox"): "address_refused"}
	for inbox, reason := range want {
		err, tried := got[inbox]
		if f := activity.FaultOf(err); !tried || reason == "" && err != nil || reason != "" && (f.Reason != reason || !f.Kind.Permanent()) {
			t.Errorf("%s: %v", inbox, err)
		}
	}
	if len(got) != len(want) || !slices.Equal(good.answers(string(post.ID)), []string{"Create"}) {
		t.Errorf("delivered: %v; bea has %v", got, good.answers(string(post.ID)))
	}
	if in := acme.network.inside(); in != nil {
		t.Errorf("dialled: %v", in)
	}
}

func TestAttack11APictureComesFromNoInternalAddress(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", true)
	alice := acme.person("alice")
	good, evil := newStranger(t, "good"), rebinds(acme, "evil")
	bea := good.person("bea")
	addresses := []string{
		evil.id("/picture.png"), "http://10.0.0.7/picture.png", "http://169.254.169.254/latest/meta-data", "http://0.0.0.0/x", "http://[fd00::1]/x",
		"http://[::ffff:10.0.0.7]/x", "http://[64:ff9b::a00:7]/x", "http://2130706433/x", "http://0x7f.1/x", good.id("/redirect"),
	}
	good.serve("/redirect", activity.ID("http://10.0.0.7/picture.png"))
	doc := good.create(bea, "/notes/1", "look")
	var files []any
	for _, address := range addresses {
		files = append(files, map[string]any{"type": "Document", "mediaType": "image/png", "url": address})
	}
	acme.network.lead("evil.test", "10.0.0.7")
	for i, file := range files { // one a note: a note has few pictures
		doc["object"].(map[string]any)["attachment"] = file
		path := "/notes/" + string(rune('a'+i))
		doc["id"], doc["object"].(map[string]any)["id"] = good.id(path+"#create"), good.id(path)
		good.send(acme, doc)
		pump(t, acme)
		n, err := acme.db.Note(t.Context(), activity.ID(good.id(path)))
		if err != nil || len(n.Files()) == 0 {
			continue // refused as it came in, which is as well
		}
		if resp := acme.shown(acme.links(alice).Of(n, 0)); resp.StatusCode != 404 {
			t.Errorf("%s: %d", addresses[i], resp.StatusCode)
		}
	}
	if good.times("/redirect") != 1 {
		t.Error("the redirect was not followed, so it proves nothing")
	}
	if in := acme.network.inside(); in != nil {
		t.Errorf("dialled: %v", in)
	}
}
