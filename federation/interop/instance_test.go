package interop_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/federation/server"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// A stage is where scenes are played one after the other: a database, a partner
// and a door for requests, which take longer to make than a scene to play.
type stage struct {
	keys    keys
	db      *store.Store
	tables  *sql.DB
	forget  string // the statements that empty all tables
	partner *partner
	client  *remote.Client
	door    *httptest.Server
	playing atomic.Pointer[instance]
}

// keys are two, since making one takes longer than a scene: of all of our
// actors, and of everybody else.
type keys struct{ ours, theirs *rsa.PrivateKey }

func newKeys(t *testing.T) keys {
	t.Helper()
	ours, err := httpsign.NewKey()
	theirs, again := httpsign.NewKey()
	if err := errors.Join(err, again); err != nil {
		t.Fatal(err)
	}
	return keys{ours, theirs}
}

func newStage(t *testing.T, k keys, a *authority) *stage {
	t.Helper()
	dsn := storetest.DSN(t)
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := &stage{keys: k, db: db, partner: newPartner(t, a)}
	s.tables, s.forget = openTables(t, dsn)
	s.client = remote.New(remote.Options{InsecureHTTP: true, UserAgent: "Entente/test", Gate: s, Resolver: s.partner, Dial: s.partner.dial, RootCAs: a.pool(),
		PrivateNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}) // some recordings are of localhost
	s.door = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.playing.Load().mux.ServeHTTP(w, r) }))
	t.Cleanup(s.door.Close)
	return s
}

// Allow asks the policy of the instance that is on stage.
func (s *stage) Allow(ctx context.Context, host string) error {
	return s.playing.Load().Gate().Fetching().Allow(ctx, host)
}

// openTables gives the database itself, for what no part of the program does: to
// forget everything, which is much faster than a new one.
func openTables(t *testing.T, dsn string) (*sql.DB, string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	var forget string
	err = db.QueryRowContext(t.Context(), `SELECT string_agg(format('DELETE FROM %I', tablename), '; ')
		FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'bun%' AND tablename <> 'audit'`).Scan(&forget)
	if err != nil {
		t.Fatal(err)
	}
	return db, forget
}

// outcome is what was recorded of the last activity that came in.
func (s *stage) outcome(ctx context.Context) string {
	var outcome string
	_ = s.tables.QueryRowContext(ctx, "SELECT outcome FROM activities WHERE NOT local ORDER BY key DESC LIMIT 1").Scan(&outcome) // or none
	return outcome
}

// An instance is one of ours, complete but for the queue: settle does its jobs.
type instance struct {
	*federation.Service
	*stage
	t   *testing.T
	mux *http.ServeMux
}

// found makes an instance at an address like "https://acme.example".
func (s *stage) found(t *testing.T, url string, open bool) *instance {
	t.Helper()
	if _, err := s.tables.ExecContext(t.Context(), s.forget); err != nil {
		t.Fatal(err)
	}
	host := activity.ID(url).Host()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	in := &instance{stage: s, t: t, mux: http.NewServeMux()}
	in.Service = federation.New(federation.Options{House: federation.House{Host: host, URL: url}, Store: s.db,
		Gate: policy.New(s.db, open, host), Client: s.client, Log: log, NewKey: func() (*rsa.PrivateKey, error) { return s.keys.ours, nil }})
	server.New(in.Service, "test", log).Routes(in.mux)
	s.playing.Store(in)
	in.must(in.Prepare(t.Context()))
	return in
}

// person is one of our own actors, whatever its address looks like.
func (in *instance) person(id activity.ID, kind string) store.Actor {
	in.t.Helper()
	at := func(path string) activity.Ref { return activity.Ref{ID: id + activity.ID(path)} }
	a := activity.Actor{ID: id, Type: kind, Username: activity.Text(username(id)), Inbox: at("/inbox"), Followers: at("/followers"), Featured: at("/featured"),
		PublicKey: activity.List[activity.PublicKey]{{ID: id + "#main-key", Owner: id, PEM: httpsign.EncodePublicKey(&in.keys.ours.PublicKey)}}}
	pem, err := httpsign.EncodePrivateKey(in.keys.ours)
	in.must(err)
	var kept store.Actor
	in.tx(func(tx *store.Tx) error {
		if kept, err = tx.PutActor(in.t.Context(), store.Actor{Actor: a, Host: in.Host, Local: true}); err != nil {
			return err
		}
		_, err := tx.PutSecret(in.t.Context(), store.Secret{KeyID: id + "#main-key", Actor: kept.Key, Kind: store.RSA, PEM: pem})
		switch kind {
		case "Person":
			err = errors.Join(err, tx.PutMember(in.t.Context(), store.Member{Actor: kept.Key, Email: string(a.Username) + "@here.example"}))
		case "Group":
			err = errors.Join(err, tx.PutGroup(in.t.Context(), store.Group{Actor: kept.Key, Access: "open", Companies: []string{"*"}}))
		}
		return err
	})
	return kept
}

// wrote is something that one of our people wrote.
func (in *instance) wrote(author store.Actor, n activity.Note) store.Note {
	in.t.Helper()
	n.AttributedTo, n.Published = activity.IDs{author.ID}, activity.At(time.Now())
	row := store.Note{Note: n, Key: store.NewKey(time.Now()), AuthorKey: author.Key, Local: true, Visibility: n.Visibility(author.Followers.ID)}
	row.ThreadKey = row.Key
	in.tx(func(tx *store.Tx) error { _, err := tx.PutNote(in.t.Context(), row); return err })
	return row
}

func (in *instance) tx(fn func(*store.Tx) error) {
	in.t.Helper()
	in.must(in.db.InTx(in.t.Context(), fn))
}

func (in *instance) must(err error) {
	in.t.Helper()
	if err != nil {
		in.t.Fatal(err)
	}
}

// post delivers a document to the inbox, signed with the key of that id, and
// gives the status and the reason of a refusal.
func (in *instance) post(raw json.RawMessage, by httpsign.Signer) (status int, reason string) {
	in.t.Helper()
	r, err := http.NewRequestWithContext(in.t.Context(), http.MethodPost, in.door.URL+"/inbox", bytes.NewReader(raw))
	in.must(err)
	r.Host = activity.ID(in.URL).Host()
	r.Header.Set("Content-Type", "application/activity+json")
	in.must(httpsign.Sign(r, raw, by, time.Now()))
	resp, err := in.door.Client().Do(r)
	in.must(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	in.must(err)
	var problem struct{ Error string }
	_ = json.Unmarshal(answer, &problem) // 202 has no body
	return resp.StatusCode, problem.Error
}

// settle does all jobs until none is left.
func (in *instance) settle() {
	in.t.Helper()
	for range 20 {
		n, err := in.db.Drain(in.t.Context(), 1000, func(ps []store.Promise) error {
			for _, p := range ps {
				if err := in.run(in.t.Context(), p); err != nil {
					in.t.Logf("%s: %v", p.Kind, err)
				}
			}
			return nil
		})
		in.must(err)
		if n == 0 {
			return
		}
	}
	in.t.Fatal("the jobs never end")
}

func (in *instance) run(ctx context.Context, p store.Promise) error {
	switch p.Kind {
	case "received":
		return run(ctx, p, in.Receive)
	case "refollow":
		return run(ctx, p, in.Refollow)
	case "regroup":
		return run(ctx, p, in.Regroup)
	case "take_over":
		return run(ctx, p, in.TakeOver)
	case "deliver":
		return run(ctx, p, in.Deliver)
	case "quote":
		return run(ctx, p, in.JudgeQuote)
	}
	return run(ctx, p, func(ctx context.Context, f store.Fan) error {
		all, err := in.Deliveries(ctx, f)
		for _, d := range all {
			err = errors.Join(err, in.Deliver(ctx, d))
		}
		return err
	})
}

func run[J any](ctx context.Context, p store.Promise, fn func(context.Context, J) error) error {
	var j J
	if err := json.Unmarshal([]byte(p.Payload), &j); err != nil {
		return err
	}
	return fn(ctx, j)
}
