package mastodon_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// counted is a store whose queries are counted on their way to Postgres.
func counted(t testing.TB) (*store.Store, *atomic.Int64) {
	t.Helper()
	to, err := pgx.ParseConfig(storetest.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	queries := new(atomic.Int64)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go between(client, to, queries)
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	db, err := store.Open(fmt.Sprintf("host=127.0.0.1 port=%s user=%s password='%s' dbname=%s sslmode=disable", port, to.User, to.Password, to.Database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, queries
}

// between carries bytes between a client and the server.
func between(client net.Conn, to *pgx.ConnConfig, queries *atomic.Int64) {
	defer client.Close()
	network, address := "tcp", fmt.Sprintf("%s:%d", to.Host, to.Port)
	if strings.HasPrefix(to.Host, "/") {
		network, address = "unix", filepath.Join(to.Host, fmt.Sprintf(".s.PGSQL.%d", to.Port))
	}
	server, err := net.Dial(network, address)
	if err != nil {
		return
	}
	defer server.Close()
	go io.Copy(client, server) //nolint:errcheck // ends with either connection
	_ = count(bufio.NewReader(client), server, queries)
}

// count passes frontend messages on (PostgreSQL 55.7: but for the first, a type,
// then the length of the rest) and counts those that are a query.
func count(from *bufio.Reader, to io.Writer, queries *atomic.Int64) error {
	for isFirst := true; ; isFirst = false {
		var head []byte
		if !isFirst {
			kind, err := from.ReadByte()
			if err != nil {
				return err
			}
			if kind == 'Q' || kind == 'S' { // a Sync ends what is asked together
				queries.Add(1)
			}
			head = append(head, kind)
		}
		var size [4]byte
		_, err := io.ReadFull(from, size[:])
		_, errHead := to.Write(append(head, size[:]...))
		_, errRest := io.CopyN(to, from, int64(binary.BigEndian.Uint32(size[:]))-4)
		if err := errors.Join(err, errHead, errRest); err != nil {
			return err
		}
	}
}

func TestAPageOfTwentyCostsAsManyQueriesAsAPageOfOne(t *testing.T) {
	t.Parallel()
	db, queries := counted(t)
	c := openOn(t, db)
	alice := c.hire("alice")
	g := id(alice.does("POST", "/api/v1/groups", "display_name", "Atlas").object())
	// Each post is by somebody else, answers another one, names somebody and is
	// boosted; every second one is in a group.
	last := alice.post("first")
	for i := range 20 {
		p := c.hire(fmt.Sprintf("p%d", i))
		p.does("POST", "/api/v1/accounts/"+g+"/follow")
		alice.does("POST", "/api/v1/accounts/"+p.Key.String()+"/follow")
		last = p.post(fmt.Sprintf("hello @alice and @p%d #tag", (i+1)%20), "in_reply_to_id", id(last))
		p.does("POST", "/api/v1/statuses/"+id(last)+"/reblog")
		p.does("POST", "/api/v1/statuses/"+id(p.post("in the group", "group_id", g))+"/favourite")
		c.arrives(c.stranger(fmt.Sprintf("r%d", i), "globex.example"), fmt.Sprint("far", i), activity.Audience{To: activity.IDs{activity.Public}}, withFile)
	}
	for _, path := range []string{
		"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/timelines/group/" + g, "/api/v1/notifications",
		"/api/v1/accounts/" + alice.Key.String() + "/following", "/api/v1/groups/" + g + "/members",
	} {
		cost := func(limit int) int64 {
			before := queries.Load()
			if n := len(alice.does("GET", fmt.Sprintf("%s?limit=%d", path, limit)).list()); n != limit {
				t.Errorf("%s has %d, not %d", path, n, limit)
			}
			return queries.Load() - before
		}
		one, twenty := cost(1), cost(20)
		t.Logf("%s: %d queries for one, %d for twenty", path, one, twenty)
		if path == "/api/v1/timelines/home" && twenty > 5 { // viewer, page, what is beside it, who is new in it, mentions
			t.Errorf("%s: %d round trips", path, twenty)
		}
		if twenty > 20 || twenty > one+4 { // an empty question is not asked
			t.Errorf("%s: %d queries for one, %d for twenty", path, one, twenty)
		}
	}
	before := queries.Load()
	alice.does("GET", "/api/v1/statuses/"+id(last)+"/context")
	if n := queries.Load() - before; n > 20 {
		t.Errorf("a thread of 21: %d queries", n)
	}
}
