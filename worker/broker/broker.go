// Package broker runs NATS with JetStream inside this process, for a single
// machine that has no NATS of its own, and connects to that or to any other.
package broker

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"
)

const (
	// MaxPayload is how many bytes one message may have: an activity is at most
	// 1 MiB, and travels with an envelope around it.
	MaxPayload = 2 << 20
	// SyncInterval is how long an acknowledged message may wait until it is safe
	// from a power failure; a killed process loses nothing. Whoever deletes the
	// original of a message must keep it for at least twice as long after the
	// acknowledgement, and publish it again (with the same id) after a restart.
	//
	// To sync before each acknowledgement instead would make that needless, but it
	// costs far more than half: 1,800 messages a second instead of 10,000 one at a
	// time, 2,900 instead of 60,000 in groups of 100 (BenchmarkPublish, 2 cores, an
	// SSD), and one fan-out to many partners is such a group.
	SyncInterval = time.Second

	startLimit = 30 * time.Second
	urlName    = "nats.url"
	lockName   = "nats.lock"
)

// Server is a NATS server in this process.
type Server struct {
	nats *nats.Server
	url  string
	file string
	lock *os.File
}

// Start runs a server that keeps its streams in dir, which is made when it is
// missing. It listens on a port of this machine that the system chooses, and
// takes only clients with its random token; both are in the file nats.url of dir,
// for other processes of the same user. One server can run in a folder.
func Start(dir string) (*Server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the folder of the queue cannot be made: %w", err)
	}
	lock, err := hold(dir)
	if err != nil {
		return nil, err
	}
	s, err := serve(dir, last(dir))
	if err != nil { // the port may be somebody else's now
		s, err = serve(dir, fresh())
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	s.lock = lock
	if err := s.publish(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// place is where a server listens, and what it asks of those who come.
type place struct {
	token string
	port  int // nats.RANDOM_PORT: any
}

func fresh() place { return place{rand.Text(), nats.RANDOM_PORT} }

// last is where the server before this one was: who was connected to it finds this
// one there. A fresh one where there was none.
func last(dir string) place {
	text, err := os.ReadFile(filepath.Join(dir, urlName))
	if err != nil {
		return fresh()
	}
	u, err := url.Parse(strings.TrimSpace(string(text)))
	if err != nil || u.User.Username() == "" {
		return fresh()
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return fresh()
	}
	return place{u.User.Username(), port}
}

func serve(dir string, at place) (*Server, error) {
	log := &journal{fatal: make(chan error, 1)}
	n, err := nats.NewServer(options(dir, at))
	if err != nil {
		return nil, fmt.Errorf("the queue cannot be started: %w", err)
	}
	n.SetLoggerV2(log, false, false, false)
	n.Start()
	for began := time.Now(); !n.ReadyForConnections(50 * time.Millisecond); {
		if err = log.failure(); err == nil && time.Since(began) > startLimit {
			err = errors.New("it is not ready in time")
		}
		if err != nil {
			n.Shutdown()
			return nil, fmt.Errorf("the queue cannot be started: %w", err)
		}
	}
	address := fmt.Sprintf("nats://%s@%s", at.token, n.Addr())
	return &Server{nats: n, url: address, file: filepath.Join(dir, urlName)}, nil
}

func options(dir string, at place) *nats.Options {
	return &nats.Options{
		ServerName:             "entente",
		Host:                   "127.0.0.1",
		Port:                   at.port,
		Authorization:          at.token,
		NoSigs:                 true, // the program decides what a signal means
		MaxPayload:             MaxPayload,
		MaxConn:                256,
		JetStream:              true,
		StoreDir:               dir,
		JetStreamMaxMemory:     64 << 20, // our streams are on the disk
		DisableJetStreamBanner: true,
		SyncInterval:           SyncInterval,
	}
}

// URL is the address for Connect, with the token in it.
func (s *Server) URL() string { return s.url }

// Stop ends the server; what it has acknowledged stays in its folder, and its address,
// for the next one. A second Stop does nothing.
func (s *Server) Stop() {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
	s.lock.Close()
}

// publish writes the address under another name first, so that nobody reads half
// of it.
func (s *Server) publish() error {
	half := s.file + ".new"
	if err := os.WriteFile(half, []byte(s.url+"\n"), 0o600); err != nil {
		return fmt.Errorf("the address of the queue cannot be written: %w", err)
	}
	return os.Rename(half, s.file)
}

// URLOf is the address of the server that runs in dir, in this or another
// process; "" when none does.
func URLOf(dir string) string {
	lock, err := os.Open(filepath.Join(dir, lockName))
	if err != nil {
		return ""
	}
	defer lock.Close()
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return "" // nobody holds it: the file is what a killed server left
	}
	text, err := os.ReadFile(filepath.Join(dir, urlName))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// hold takes the folder for one server; the kernel lets go of it if we die. It
// tries for a second: URLOf holds it for a moment, and so does a server that is
// about to end.
func hold(dir string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the folder of the queue cannot be written to: %w", err)
	}
	for range 50 {
		if err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return lock, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	lock.Close()
	return nil, fmt.Errorf("another process runs the queue in %s: %w", dir, err)
}
