package bench

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/cmd/entente/bench/seed"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
	"entente.example/entente/store/postgres"
)

// house is the instance that is measured: a folder, a database, people, and the
// program on them.
type house struct {
	*run
	federation.House
	dir     string
	port    int
	pg      *postgres.Server
	db      *store.Store
	service *federation.Service
	program *program
	remove  func()
	given   string // the address of the database

	postmaster int // its first process, 0 when that is not seen from here
	browser    *http.Client
	pool       []*rsa.PrivateKey // for people elsewhere: making one takes long
}

// loopback is where all of it happens.
const loopback = "127.0.0.1"

// open makes a house with a database and nobody in it. The program does not run yet.
func (r *run) open(ctx context.Context) (_ *house, err error) {
	h := &house{run: r}
	if h.dir, h.remove, err = r.folder(); err != nil {
		return nil, err
	}
	if h.port, err = freePort(ctx); err == nil {
		h.browser = newBrowser(h.port)
		err = h.fill(ctx)
	}
	if err != nil {
		h.close()
		return nil, err
	}
	h.postmaster = postmaster(ctx, h.db)
	return h, nil
}

// fill makes the database, or opens the one that is given.
func (h *house) fill(ctx context.Context) (err error) {
	h.Host = fmt.Sprintf("bench.localhost:%d", h.port)
	h.URL = "http://" + h.Host
	if h.given = h.Database; h.given == "" {
		h.say("a new database in %s", h.dir)
		if h.pg, err = postgres.Start(ctx, postgres.Options{Dir: filepath.Join(h.dir, "data", "postgres"), Fast: h.Careless}); err != nil {
			return err
		}
		if err := h.pg.Create(ctx, database); err != nil {
			return err
		}
		h.given = h.pg.DSN(database)
	} else if err := seed.OnlyHere(h.given); err != nil {
		return err
	}
	if h.db, err = store.Open(h.given); err != nil {
		return err
	}
	if _, err := h.db.Migrate(ctx); err != nil {
		return err
	}
	if i, err := h.db.Instance(ctx); err == nil { // it has a name already
		h.Host, h.URL = i.Host, i.URL
	} else if activity.KindOf(err) != activity.NotFound {
		return err
	}
	h.service = engine(h.db, h.House)
	return h.service.Prepare(ctx)
}

// database is the one that the program makes in its own server, too.
const database = "entente"

// engine is what hires people: the program's own.
func engine(db *store.Store, house federation.House) *federation.Service {
	gate := policy.New(db, false, house.Host)
	return federation.New(federation.Options{House: house, Store: db, Gate: gate, Log: slog.New(slog.DiscardHandler),
		Client: remote.New(remote.Options{InsecureHTTP: true, Gate: gate.Fetching(), PrivateNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})})
}

// settings are those of the program: as in production, but for plain HTTP and
// partners on this machine.
func (h *house) settings() []string {
	return []string{
		"ENTENTE_HOST=" + h.Host,
		"ENTENTE_URL=" + h.URL,
		fmt.Sprintf("ENTENTE_LISTEN=%s:%d", loopback, h.port),
		"ENTENTE_DATA=" + filepath.Join(h.dir, "data"),
		"ENTENTE_INSECURE_HTTP=true",
		"ENTENTE_PRIVATE_NETWORKS=127.0.0.0/8,::1/128",
		"ENTENTE_LOG_LEVEL=warn",
	}
}

// begin starts the program, on the database that is open.
func (h *house) begin(ctx context.Context) (err error) {
	h.program, err = h.launch(ctx, "ENTENTE_DATABASE_URL="+h.given)
	return err
}

// close ends everything, and removes what was temporary.
func (h *house) close() {
	h.program.stop()
	if h.db != nil {
		_ = h.db.Close() // nothing is kept
	}
	if h.pg != nil {
		_ = h.pg.Stop() // the same
	}
	h.remove()
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", loopback+":0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// hire adds one of our people, with keys and a token for a client.
func (h *house) hire(ctx context.Context, name string) (*client, error) {
	username := name + "_" + strings.ToLower(rand.Text()[:6]) // on a database that is given there may be one already
	a, err := h.service.NewMember(ctx, store.Member{Email: username + "@bench.example"}, username, name)
	if err != nil {
		return nil, err
	}
	return h.client(ctx, a)
}

// client gives one of our people an access token.
func (h *house) client(ctx context.Context, a store.Actor) (*client, error) {
	secret := store.NewSecret()
	err := h.db.InTx(ctx, func(tx *store.Tx) error {
		app, err := tx.PutApp(ctx, store.App{ClientID: store.NewSecret(), Secret: store.Hash(secret), Name: "bench", RedirectURIs: []string{h.URL}, Scopes: []string{"read", "write", "follow"}})
		if err != nil {
			return err
		}
		return tx.PutToken(ctx, store.Token{Hash: store.Hash(secret), App: app.Key, Member: a.Key, Scopes: app.Scopes})
	})
	return &client{house: h, actor: a, token: secret}, err
}

// keys are n RSA keys, made once and shared by the people elsewhere.
func (h *house) keys(n int) ([]*rsa.PrivateKey, error) {
	for len(h.pool) < n {
		key, err := httpsign.NewKey()
		if err != nil {
			return nil, err
		}
		h.pool = append(h.pool, key)
	}
	return h.pool[:n], nil
}

// invite makes all hosts of a world partners, and its people known, each of whom
// follows whom (0: nobody) or is followed by.
func (h *house) invite(ctx context.Context, w *world, people []person, edge func(person) store.Edge) error {
	return h.db.InBulk(ctx, false, func(b *store.Bulk) error {
		if err := b.Partners(ctx, agreement.Everything().Raw(), slices.Values(w.names)); err != nil {
			return err
		}
		if w.partners {
			if err := b.Dialects(ctx, string(remote.MessageEd), slices.Values(w.names)); err != nil {
				return err
			}
		}
		if err := b.Actors(ctx, mapped(people, func(p person) store.Actor { return p.Actor })); err != nil || edge == nil {
			return err
		}
		return b.Edges(ctx, mapped(people, edge))
	})
}

func mapped[A, B any](as []A, fn func(A) B) iter.Seq[B] {
	return func(yield func(B) bool) {
		for _, a := range as {
			if !yield(fn(a)) {
				return
			}
		}
	}
}

// followOf is an accepted follow.
func followOf(actor, object store.Key) store.Edge {
	return store.Edge{Key: store.NewKey(time.Now()), Kind: store.Follow, Actor: actor, Object: object, Accepted: true}
}
