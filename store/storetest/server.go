package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"entente.example/entente/store"
)

// server is where the tests' databases are made.
type server struct {
	address  string // of a database that is there, in either form that pgx reads
	db       *sql.DB
	run      string // tells the databases of this process from those of others
	count    atomic.Int64
	template func() (string, error)
}

func open(address string) (*server, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, err
	}
	ctx, done := context.WithTimeout(context.Background(), limit)
	defer done()
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &server{address: address, db: db, run: strings.ToLower(rand.Text()[:8])}
	s.template = sync.OnceValues(s.makeTemplate)
	return s, nil
}

// dsn is the address of another database of the server.
func (s *server) dsn(database string) string {
	if u, err := url.Parse(s.address); err == nil && u.Scheme != "" {
		u.Path = "/" + database
		return u.String()
	}
	return s.address + " dbname=" + database // the last one counts
}

// create copies the template. Its files are copied as they are: writing a copy
// to the log instead, page by page, is slower.
func (s *server) create(ctx context.Context) (string, error) {
	template, err := s.template()
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("%s_%s_%d", template, s.run, s.count.Add(1))
	_, err = s.db.ExecContext(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY FILE_COPY")
	return name, err
}

func (s *server) drop(ctx context.Context, name string) error {
	_, err := s.db.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	return err
}

// makeTemplate gives the name of a migrated database to copy, and makes it if
// the server has none. The name carries a hash of the migrations, so an old one
// is never taken; a lock lets the test programs of many packages start at once.
func (s *server) makeTemplate() (string, error) {
	ctx, done := context.WithTimeout(context.Background(), limit)
	defer done()
	name, err := templateName(store.Migrations)
	if err != nil {
		return "", err
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(7306)"); err != nil {
		return "", err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(7306)") //nolint:errcheck // it ends with the connection
	var found bool
	err = conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&found)
	if err != nil || found {
		return name, err
	}
	return name, s.migrate(ctx, conn, name)
}

// migrate makes the template under another name first: a half migrated one is
// never taken for it.
func (s *server) migrate(ctx context.Context, conn *sql.Conn, name string) error {
	half := name + "_new"
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + half + " WITH (FORCE)", "CREATE DATABASE " + half} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	db, err := store.Open(s.dsn(half))
	if err != nil {
		return err
	}
	_, err = db.Migrate(ctx)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+half+" RENAME TO "+name)
	return err
}

func templateName(migrations fs.FS) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrations, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		return err
	})
	return fmt.Sprintf("entente_test_%x", sum.Sum(nil)[:6]), err
}
