package mastodon_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/jackc/pgx/v5"
	gomastodon "github.com/mattn/go-mastodon"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
	"entente.example/entente/worker/live"
)

// streaming is a company whose streams hear what happens.
func streaming(t testing.TB) *company {
	t.Helper()
	dsn := storetest.DSN(t)
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c := openOn(t, db)
	c.dsn = dsn
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.hub.Run(ctx)
	}()
	t.Cleanup(func() { stop(); <-ended })
	for { // until it hears
		events, end, err := c.hub.Hear(1)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-events:
			time.Sleep(10 * time.Millisecond)
		default:
			end()
			return c
		}
	}
}

// sql does what nothing of ours does.
func (c *company) sql(statement string) {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), c.dsn)
	if err == nil {
		defer conn.Close(c.t.Context())
		_, err = conn.Exec(c.t.Context(), statement)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// listener is a client that reads a stream of server-sent events.
type listener struct {
	t      testing.TB
	events chan event // closed when the stream ends
}

type event struct{ name, data string }

// listens opens a stream, and returns when it has begun.
func (p *person) listens(stream string) *listener {
	p.t.Helper()
	r := p.request("GET", "/api/v1/streaming/"+stream, "", "")
	r.Header.Set("Authorization", "Bearer "+p.token)
	return p.hears(r)
}

func (c *company) hears(r *http.Request) *listener {
	c.t.Helper()
	resp, err := new(http.Transport).RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		c.t.Fatalf("HTTP %d, %v", resp.StatusCode, resp.Header)
	}
	l := &listener{c.t, make(chan event, 1000)}
	begun := make(chan struct{})
	go func() {
		defer close(l.events)
		var e event
		isBegun := false
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case lines.Text() == ":)" && !isBegun:
				close(begun)
				isBegun = true
			case name == "event":
				e.name = value
			case name == "data":
				e.data = value
				l.events <- e
			}
		}
	}()
	<-begun
	return l
}

// next is the next event, which must have this name.
func (l *listener) next(name string) object {
	l.t.Helper()
	select {
	case e, ok := <-l.events:
		if !ok || e.name != name {
			l.t.Fatalf("%q came, and not %s: %s", e.name, name, e.data)
		}
		var o object
		if json.Unmarshal([]byte(e.data), &o) != nil {
			o = object{"id": e.data}
		}
		return o
	case <-time.After(2 * time.Minute):
		l.t.Fatalf("no %s came", name)
		return nil
	}
}

// ends waits for the end of the stream, and takes no event before it.
func (l *listener) ends(within time.Duration) {
	l.t.Helper()
	select {
	case e, open := <-l.events:
		if open {
			l.t.Fatalf("there is still an event: %s %s", e.name, e.data)
		}
	case <-time.After(within):
		l.t.Fatalf("the stream is open after %v", within)
	}
}

func TestAStreamTellsWhatHappensWhileItHappens(t *testing.T) {
	t.Parallel()
	c := streaming(t)
	alice, amir := c.hire("alice"), c.hire("amir")
	notices := alice.listens("user/notification")
	amir.does("POST", "/api/v1/accounts/"+alice.Key.String()+"/follow")
	if got := notices.next("notification"); got["type"] != "follow" {
		t.Errorf("%v", got)
	}
	user, public := amir.listens("user"), amir.listens("public/local")

	post := alice.post("hello #all")
	for _, l := range []*listener{user, public} {
		if got := l.next("update"); got["id"] != post["id"] || got["content"] != post["content"] {
			t.Errorf("%v, and not %v", got, post)
		}
	}
	amir.does("POST", "/api/v1/statuses/"+id(post)+"/favourite")
	if got := notices.next("notification"); got["type"] != "favourite" || dig(got, "account", "acct") != "amir" {
		t.Errorf("%v", got)
	}
	alice.does("PUT", "/api/v1/statuses/"+id(post), "status", "hello again")
	for _, l := range []*listener{user, public} {
		if got := l.next("status.update"); got["id"] != post["id"] || !strings.Contains(got["content"].(string), "again") {
			t.Errorf("%v", got)
		}
	}
	alice.does("DELETE", "/api/v1/statuses/"+id(post))
	for _, l := range []*listener{user, public} {
		if got := l.next("delete"); got["id"] != post["id"] {
			t.Errorf("%v was deleted, and not %v", got["id"], post["id"])
		}
	}
}

func TestAStreamHasWhatItsReaderMaySeeAndNothingElse(t *testing.T) {
	t.Parallel()
	c := streaming(t)
	alice, amir, carol := c.hire("alice"), c.hire("amir"), c.hire("carol")
	amir.does("POST", "/api/v1/accounts/"+alice.Key.String()+"/follow")
	user, public, few := amir.listens("user"), carol.listens("public"), amir.with("read:statuses").listens("user")

	alice.post("for my followers", "visibility", "private")
	alice.post("only for carol @carol", "visibility", "direct")
	last := alice.post("for all @amir")
	if got := user.next("update"); !strings.Contains(got["content"].(string), "for my followers") {
		t.Errorf("%v", got)
	}
	seen := map[string]bool{}
	for range 2 { // the mention's notification and the post itself
		e := <-user.events
		seen[e.name] = true
	}
	if !seen["update"] || !seen["notification"] {
		t.Errorf("amir hears %v", seen)
	}
	if got := public.next("update"); got["id"] != last["id"] {
		t.Errorf("in public there is %v", got)
	}
	few.next("update")
	if got := few.next("update"); got["id"] != last["id"] {
		t.Errorf("without the scope for notifications there is %v", got)
	}

	carol.does("POST", "/api/v1/accounts/"+alice.Key.String()+"/block")
	alice.post("carol does not hear this")
	bob := c.hire("bob")
	next := bob.post("but this")
	if got := public.next("update"); got["id"] != next["id"] {
		t.Errorf("carol hears somebody whom she has blocked: %v", got)
	}
	user.next("update")
}

func TestAPostOfAPartnerIsHeardWithoutANewRequest(t *testing.T) {
	t.Parallel()
	c := streaming(t)
	alice, bea := c.hire("alice"), c.stranger("bea", "globex.example")
	public, local := alice.listens("public"), alice.listens("public/local")
	n := c.arrives(bea, "far away", activity.Audience{To: activity.IDs{activity.Public}}, nil)
	if got := public.next("update"); got["id"] != n.Key.String() {
		t.Errorf("%v", got)
	}
	post := alice.post("here")
	if got := local.next("update"); got["id"] != post["id"] {
		t.Errorf("in local there is %v", got)
	}
}

func TestAttack17WhoMayNoLongerReadHearsNothingMore(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *company, *person){
		"locked": func(t *testing.T, c *company, p *person) {
			c.tx(func(tx *store.Tx) error { return tx.Lock(t.Context(), p.Key) })
		},
		"suspended": func(_ *testing.T, c *company, p *person) {
			c.sql("UPDATE actors SET suspended_at = now() WHERE key = " + p.Key.String())
		},
		"the token is revoked": func(t *testing.T, c *company, p *person) {
			c.tx(func(tx *store.Tx) error { return tx.RevokeToken(t.Context(), c.app.Key, p.token) })
		},
		"the app is removed": func(_ *testing.T, c *company, _ *person) {
			c.sql("DELETE FROM apps WHERE key = " + c.app.Key.String())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := streaming(t)
			amir, bea := c.hire("amir"), c.stranger("bea", "globex.example")
			said := func(text string) { c.arrives(bea, text, activity.Audience{To: activity.IDs{activity.Public}}, nil) }
			quiet, busy := amir.listens("user"), amir.listens("public")
			socket := amir.dials("public")
			said("before")
			busy.next("update")
			socket.next("update")

			end(t, c, amir)
			for _, l := range []*listener{quiet, busy, socket} {
				l.ends(time.Second)
			}
			said("after")
			r := c.request("GET", "/api/v1/streaming/user", "", "")
			r.Header.Set("Authorization", "Bearer "+amir.token)
			c.send(r).is(http.StatusUnauthorized)
		})
	}
}

// The notice that something was taken away may be lost; each event asks for itself.
func TestAttack17EachEventAsksAgainWhetherItsReaderMay(t *testing.T) {
	t.Parallel()
	c := streaming(t)
	amir, bea := c.hire("amir"), c.stranger("bea", "globex.example")
	busy := amir.listens("public")
	c.sql(`DROP TRIGGER live_revoke ON tokens; DROP TRIGGER live_lock ON members`)
	c.tx(func(tx *store.Tx) error { return tx.Lock(t.Context(), amir.Key) })
	c.arrives(bea, "after", activity.Audience{To: activity.IDs{activity.Public}}, nil)
	busy.ends(time.Second)
}

func TestWhoReadsTooSlowlyIsLetGoAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	c := streaming(t)
	bea := c.stranger("bea", "globex.example")
	slow, end, err := c.hub.Hear(1)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	quick := c.hire("alice").listens("public")
	for range live.Backlog + 1 {
		c.arrives(bea, store.NewSecret(), activity.Audience{To: activity.IDs{activity.Public}}, nil)
		quick.next("update")
	}
	for range live.Backlog {
		if _, ok := <-slow; !ok {
			t.Fatal("what waited is lost")
		}
	}
	select {
	case _, ok := <-slow:
		if ok {
			t.Error("more waits than there is room for")
		}
	case <-time.After(2 * time.Minute):
		t.Error("the slow one is still there")
	}
}

func TestAClientThatTakesNothingIsHungUpOn(t *testing.T) {
	t.Parallel()
	c := streaming(t)
	alice, bea := c.hire("alice"), c.stranger("bea", "globex.example")
	conn, err := net.Dial("tcp", c.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(1 << 10)
	if _, err := io.WriteString(conn, "GET /api/v1/streaming/public?access_token="+alice.token+" HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	long := func(n *store.Note) { n.Content = activity.Text(strings.Repeat("x", 900<<10)) }
	for i := range 20 { // more than the buffers of both sides take
		c.arrives(bea, string(rune('a'+i)), activity.Audience{To: activity.IDs{activity.Public}}, long)
	}
	began := time.Now()
	for c.hub.Open() > 0 {
		if time.Sleep(50 * time.Millisecond); time.Since(began) > 2*time.Minute {
			t.Fatal("it still has a stream")
		}
	}
}

func TestOnePersonHasOnlySoManyStreams(t *testing.T) {
	t.Parallel()
	c := streaming(t)
	alice := c.hire("alice")
	for range live.PerReader {
		alice.listens("user")
	}
	alice.asks("GET", "/api/v1/streaming/user").refused(http.StatusTooManyRequests, "too_many_streams")
	c.hire("amir").listens("user")
}

func TestABrowserMayHaveItsTokenInTheAddress(t *testing.T) {
	t.Parallel()
	c := streaming(t)
	alice := c.hire("alice")
	c.hears(c.request("GET", "/api/v1/streaming/user?access_token="+alice.token, "", ""))
	c.send(c.request("GET", "/api/v1/streaming/user?access_token=x", "", "")).refused(http.StatusUnauthorized, "invalid_token")
	c.send(c.request("GET", "/api/v1/streaming/user", "", "")).refused(http.StatusUnauthorized, "no_token")
	alice.asks("GET", "/api/v1/streaming").refused(http.StatusUnprocessableEntity, "needs_websocket")
	alice.asks("GET", "/api/v1/streaming?stream=everything").refused(http.StatusNotFound, "no_such_stream")
}

func TestStreamsEndWhenTheDatabaseIsNotHeard(t *testing.T) {
	t.Parallel()
	c := streaming(t)
	user := c.hire("alice").listens("user")
	c.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN live'`)
	user.ends(time.Minute)
}

// dials opens a WebSocket, and asks for a stream on it.
func (p *person) dials(stream string) *listener {
	p.t.Helper()
	ws, _, err := websocket.Dial(p.t.Context(), "ws"+strings.TrimPrefix(p.http.URL, "http")+"/api/v1/streaming",
		&websocket.DialOptions{Subprotocols: []string{p.token}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { ws.CloseNow() })
	ws.SetReadLimit(4 << 20)
	l := &listener{p.t, make(chan event, 1000)}
	begun := make(chan struct{})
	go func() {
		defer close(l.events)
		for {
			_, message, err := ws.Read(p.t.Context())
			if err != nil {
				return
			}
			var e struct {
				Stream         []string
				Event, Payload string
				Error          string
			}
			switch err := json.Unmarshal(message, &e); {
			case err != nil:
				return
			case e.Error != "":
				close(begun)
			default:
				l.events <- event{e.Event, e.Payload}
			}
		}
	}()
	for _, say := range []string{`{"type":"subscribe","stream":"` + stream + `"}`, `{"type":"shout"}`} { // the answer to the second says that the first was read
		if err := ws.Write(p.t.Context(), websocket.MessageText, []byte(say)); err != nil {
			p.t.Fatal(err)
		}
	}
	<-begun
	return l
}

func TestAStockClientHearsOverAWebSocketAndOverEvents(t *testing.T) {
	t.Parallel()
	c := streaming(t)
	alice := c.hire("alice")
	client := gomastodon.NewClient(&gomastodon.Config{Server: c.http.URL, AccessToken: alice.token})
	client.Transport = &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, c.http.Listener.Addr().String()) // wherever the instance says that it streams
	}}
	overEvents, err := client.StreamingUser(t.Context())
	overSocket, err2 := client.NewWSClient().StreamingWSUser(t.Context())
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	for c.hub.Open() < 2 {
		time.Sleep(10 * time.Millisecond)
	}
	post := alice.post("hello")
	for _, events := range []chan gomastodon.Event{overEvents, overSocket} {
		select {
		case e := <-events:
			if u, ok := e.(*gomastodon.UpdateEvent); !ok || string(u.Status.ID) != id(post) {
				t.Errorf("%#v", e)
			}
		case <-time.After(2 * time.Minute):
			t.Fatal("nothing is heard")
		}
	}
}
