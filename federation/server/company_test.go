package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/federation/server"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// company is one whole instance, but for the queue: pump does its jobs.
type company struct {
	*federation.Service
	t       testing.TB
	db      *store.Store
	dsn     string // of the database
	http    *httptest.Server
	doors   *server.Server
	network network // as this company reaches it

	options federation.Options
	ahead   atomic.Int64 // of the time, in nanoseconds
}

// found makes a company called name, at http://name.localhost:port.
func found(t testing.TB, name string, open bool) *company {
	t.Helper()
	return foundOn(t, name, open, storetest.DSN(t))
}

// foundOn is found on a database that is given.
func foundOn(t testing.TB, name string, open bool, dsn string) *company {
	t.Helper()
	mux := http.NewServeMux()
	c := &company{t: t, dsn: dsn, http: httptest.NewServer(mux)}
	t.Cleanup(c.http.Close)
	db, err := store.Open(c.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c.db = db
	_, port, _ := strings.Cut(c.http.Listener.Addr().String(), ":")
	house := federation.House{Host: name + ".localhost:" + port, URL: "http://" + name + ".localhost:" + port}
	gate := policy.New(c.db, open, house.Host)
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.options = federation.Options{House: house, Store: c.db, Gate: gate, Log: log, NewKey: oneKey, Folder: t.TempDir(),
		Now: c.now, Client: remote.New(remote.Options{Now: c.now, InsecureHTTP: true, PrivateNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
			UserAgent: "Entente/test", Resolver: &c.network, Dial: c.network.dial, Gate: gate.Fetching(), Dialects: remote.NewDialects(c.db, log)})}
	c.Service = federation.New(c.options)
	if err := c.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.doors = server.New(c.Service, "test", log)
	c.doors.Routes(mux)
	return c
}

// now is the time on a company's clock.
func (c *company) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// companies are Acme and Globex, partners.
func companies(t testing.TB) (acme, globex *company) {
	t.Helper()
	acme, globex = found(t, "acme", false), found(t, "globex", false)
	acme.allow(globex)
	globex.allow(acme)
	return acme, globex
}

func (c *company) allow(other *company) {
	c.t.Helper()
	c.tx(func(tx *store.Tx) error {
		return tx.PutPartner(c.t.Context(), store.Partner{Host: other.House.Host, Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()})
	})
}

func (c *company) tx(fn func(*store.Tx) error) {
	c.t.Helper()
	if err := c.db.InTx(c.t.Context(), fn); err != nil {
		c.t.Fatal(err)
	}
}

// person hires somebody.
func (c *company) person(name string) store.Actor {
	c.t.Helper()
	a, err := c.NewMember(c.t.Context(), store.Member{Email: name + "@" + c.House.Host}, name, name)
	return must(c, a, err)
}

// sees is how a company knows an actor of another one.
func (c *company) sees(a store.Actor) store.Actor {
	c.t.Helper()
	got, err := c.ByHandle(c.t.Context(), string(a.Username), a.Host)
	return must(c, got, err)
}

// note is how a company has a note.
func (c *company) note(id activity.ID) store.Note {
	c.t.Helper()
	n, err := c.db.Note(c.t.Context(), id)
	return must(c, n, err)
}

func (c *company) home(a store.Actor) []string {
	c.t.Helper()
	es, err := c.db.Home(c.t.Context(), a.Key, store.Page{})
	var texts []string
	for _, e := range must(c, es, err) {
		texts = append(texts, activity.PlainText(string(e.Note.Content)))
	}
	return texts
}

func must[T any](c *company, v T, err error) T {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}

func (c *company) do(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// pump does the jobs of all companies until none is left. Each job is done twice:
// twice is once.
func pump(t testing.TB, all ...*company) {
	t.Helper()
	for range 50 {
		done := 0
		for _, c := range all {
			n, err := c.db.Drain(t.Context(), 1000, func(ps []store.Promise) error {
				for _, p := range ps {
					for range 2 {
						if err := c.run(t.Context(), p.Kind, []byte(p.Payload)); err != nil {
							t.Errorf("%s of %s: %v", p.Kind, c.House.Host, err)
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			done += n
		}
		if done == 0 {
			return
		}
	}
	t.Fatal("the jobs never end")
}

func (c *company) run(ctx context.Context, kind string, payload []byte) error {
	switch kind {
	case "publish":
		return run(ctx, payload, c.Publish)
	case "synchronise":
		return run(ctx, payload, c.Synchronise)
	case "refollow":
		return run(ctx, payload, c.Refollow)
	case "regroup":
		return run(ctx, payload, c.Regroup)
	case "take_over":
		return run(ctx, payload, c.TakeOver)
	case "ask":
		return run(ctx, payload, c.AskAgain)
	case "featured":
		return run(ctx, payload, c.FetchFeatured)
	case "thread":
		return run(ctx, payload, c.FillThread)
	case "received":
		return run(ctx, payload, c.Receive)
	case "deliver":
		return run(ctx, payload, c.Deliver)
	case "depart":
		return run(ctx, payload, c.Depart)
	case "dismiss":
		return run(ctx, payload, c.Dismiss)
	case "freeze":
		return run(ctx, payload, c.Freeze)
	case "retire":
		return run(ctx, payload, c.Retire)
	case "quote":
		return run(ctx, payload, c.JudgeQuote)
	case "show":
		return run(ctx, payload, c.db.Show)
	case store.PartRest{}.Kind():
		return run(ctx, payload, c.db.PartRest)
	case "tell":
		return run(ctx, payload, c.TellPartner)
	case "tally":
		return run(ctx, payload, c.Tally)
	case "fan":
		return run(ctx, payload, func(ctx context.Context, f store.Fan) error {
			all, err := c.Deliveries(ctx, f)
			for _, d := range all {
				err = errors.Join(err, c.Deliver(ctx, d))
			}
			return err
		})
	}
	return errors.New("no such job")
}

func run[J any](ctx context.Context, payload []byte, fn func(context.Context, J) error) error {
	var j J
	if err := json.Unmarshal(payload, &j); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	return fn(ctx, j)
}

// oneKey is the same key for all actors of all companies: making keys takes
// longer than most tests. Strangers have their own.
var oneKey = sync.OnceValues(httpsign.NewKey)
