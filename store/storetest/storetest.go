// Package storetest gives each test a Postgres database of its own.
//
// A package that uses it has one line in a test file:
//
//	func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }
//
// All its tests may then be parallel: nothing that one writes can be seen by
// another.
package storetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"entente.example/entente/store"
	"entente.example/entente/store/postgres"
)

// current is the server behind the tests of this process. It is a variable of
// the package because TestMain has no other way to hand something to a test.
var current atomic.Pointer[server]

// limit is how long one statement about a whole database may take on a busy
// machine.
const limit = time.Minute

// Run is m.Run with a server behind it, for TestMain to give to os.Exit. It uses
// the server at ENTENTE_TEST_DATABASE_URL if that is set (the user must be allowed
// to create databases), else it starts a private one in a temporary folder, which
// it removes afterwards. Without a server it runs no test and says what to do.
func Run(m *testing.M) int {
	code, err := run(m, os.Getenv("ENTENTE_TEST_DATABASE_URL"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "no tests without a database:", err)
		return max(code, 1)
	}
	return code
}

func run(m *testing.M, dsn string) (code int, err error) {
	if dsn == "" {
		private, remove, err := startPrivate()
		if err != nil {
			return 1, err
		}
		defer remove()
		dsn = private
	}
	s, err := open(dsn)
	if err != nil {
		return 1, err
	}
	defer s.db.Close()
	current.Store(s)
	defer current.Store(nil)
	return m.Run(), nil
}

func startPrivate() (dsn string, remove func(), err error) {
	dir, err := newFolder()
	if err != nil {
		return "", nil, err
	}
	s, err := postgres.Start(context.Background(), postgres.Options{Dir: filepath.Join(dir, "postgres"), Fast: true})
	if err != nil {
		os.RemoveAll(dir)
		return "", nil, err
	}
	return s.DSN("postgres"), func() {
		if err := s.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.RemoveAll(dir)
	}, nil
}

// New is an empty, migrated database that no other test can see. It is dropped
// when the test ends. The test fails when its TestMain does not call Run.
func New(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// DSN is New for code that opens its own pool: the address of the database. It
// need not close the pool before the test ends.
func DSN(t testing.TB) string {
	t.Helper()
	s := current.Load()
	if s == nil {
		t.Fatal("this package has no test database: give it func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }")
	}
	ctx, done := context.WithTimeout(context.Background(), limit)
	defer done()
	name, err := s.create(ctx)
	if err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, done := context.WithTimeout(context.Background(), limit)
		defer done()
		if err := s.drop(ctx, name); err != nil {
			t.Errorf("drop a test database: %v", err)
		}
	})
	return s.dsn(name)
}
