// Package postgres runs a private Postgres server, made of the server programs
// that are on the machine, so that Entente has a real database with nothing to
// set up. The server listens on a Unix socket that only its own user may open,
// never on a network, and it ends with the process that started it.
//
// In a server's folder: cluster/ is the database, socket/ where it listens,
// postgres.log what it says, lock the right to start it. The process that holds
// the lock owns the server; the others attach.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Options say where a server keeps its things, and how careful it is.
type Options struct {
	// Dir is a folder for this server alone. It is made when it is missing, and
	// may lie where only root can enter.
	Dir string
	// Fast trades safety at a power failure for speed, and doubles the number of
	// connections to 200: for tests, whose data nobody will miss.
	Fast bool
}

// Server is a running server: our own, or one of another process that we use.
type Server struct {
	address
	folder folder
	child  *child // nil when attached
	lock   *os.File
}

const (
	// pause is how long to wait before looking again.
	pause = 25 * time.Millisecond
	// patience is how long another process may take to start or stop its server.
	patience = time.Minute
)

// Start makes a database in o.Dir if there is none, starts a server on it and
// returns when it accepts connections; ctx limits only the start. If a server
// runs there already, Start attaches to it. Of several processes that start at
// once, one gets the server and the others attach.
//
// As root the server runs as the user that owns the database, which at first is
// the user postgres or nobody. An error is one sentence for the operator.
func Start(ctx context.Context, o Options) (*Server, error) {
	return start(ctx, o, machine())
}

func start(ctx context.Context, o Options, in places) (*Server, error) {
	f, err := newFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	late := fmt.Errorf("another process holds the database in %s, and its server does not answer", f.path)
	waiting, done := context.WithTimeoutCause(ctx, patience, late)
	defer done()
	for {
		switch lock, err := f.tryLock(); {
		case err != nil:
			return nil, err
		case lock != nil:
			return own(ctx, f, o, in, lock)
		}
		if p, found := f.postmaster(); found && p.accepts(waiting) == nil {
			return &Server{address: p.address, folder: f}, nil
		}
		if err := sleep(waiting); err != nil {
			return nil, err
		}
	}
}

// own starts the server. The lock is kept for as long as the server runs: the
// kernel lets go of it if we die, and then the next process knows that nobody
// looks after the server any more.
func own(ctx context.Context, f folder, o Options, in places, lock *os.File) (*Server, error) {
	s := &Server{folder: f, lock: lock}
	var attached bool
	var err error
	if s.address, attached, err = f.leftover(ctx); err == nil && !attached {
		s.address, s.child, err = f.serve(ctx, o, in)
	}
	if err != nil || attached {
		lock.Close()
	}
	if err != nil {
		return nil, err
	}
	if s.Own() {
		go s.watch()
	}
	return s, nil
}

// watch lets another process take over when the server ends.
func (s *Server) watch() {
	<-s.child.ended
	s.lock.Close()
}

// Wait returns when ctx ends; or before, with one sentence, when an own server has
// ended and nobody asked it to. What works on it should then end as well and be
// started anew: Start finds out what the server has left behind.
func (s *Server) Wait(ctx context.Context) error {
	if !s.Own() {
		<-ctx.Done()
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.child.ended:
		return fmt.Errorf("the private database server has ended by itself: see %s", s.folder.log())
	}
}

// DSN is the address of one database of the server, in the key=value form that
// pgx and libpq read. The database need not exist: see Create.
func (s *Server) DSN(database string) string { return s.dsn(database) }

// Own says whether this process started the server, and so will stop it.
func (s *Server) Own() bool { return s.child != nil }

// Create makes an empty database, unless one of that name is there already.
func (s *Server) Create(ctx context.Context, database string) error {
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{database}.Sanitize())
	const duplicateDatabase, uniqueViolation = "42P04", "23505" // the second one when two ask at once
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && (e.Code == duplicateDatabase || e.Code == uniqueViolation) {
		return nil
	}
	return err
}

// Stop ends an own server: connections are cut, what was committed is kept. A
// server that does not end within 4 seconds is told to drop everything, which
// costs a recovery at the next start. An attached server is left alone, and a
// second Stop does nothing.
func (s *Server) Stop() error {
	if !s.Own() {
		return nil
	}
	err := s.child.stop()
	s.lock.Close()
	if filepath.Dir(s.socket) != s.folder.path { // it lies among the temporary files
		err = errors.Join(err, os.RemoveAll(s.socket))
	}
	return err
}

// sleep waits for one pause, or gives the reason why ctx has ended.
func sleep(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(pause):
		return nil
	}
}
