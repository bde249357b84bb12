package storetest

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
)

// Queries counts what a database is asked.
type Queries struct {
	atomic.Int64
	Anew atomic.Int64 // those of them that are parsed and planned each time
}

// Counted is DSN of a database whose queries are counted on their way to it.
func Counted(t testing.TB) (dsn string, queries *Queries) {
	t.Helper()
	to, err := pgx.ParseConfig(DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	queries = new(Queries)
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
	return fmt.Sprintf("host=127.0.0.1 port=%s user=%s password='%s' dbname=%s sslmode=disable", port, to.User, to.Password, to.Database), queries
}

// between carries bytes between a client and the server.
func between(client net.Conn, to *pgx.ConnConfig, queries *Queries) {
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
	_ = tally(bufio.NewReader(client), server, queries)
}

// tally passes frontend messages on (PostgreSQL 55.7: but for the first, a type,
// then the length of the rest) and counts those that are a query.
func tally(from *bufio.Reader, to io.Writer, queries *Queries) error {
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
			if kind == 'Q' {
				queries.Anew.Add(1)
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
