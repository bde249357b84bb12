package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// folder is where a server keeps its things: an absolute path, free of links, so
// that every process has the same name for it.
type folder struct{ path string }

const (
	socketName = "socket"
	// socketLimit is how many bytes the path of a Unix socket may have: 107 on
	// Linux, 103 on macOS.
	socketLimit = 103
)

// newFolder makes the folder that is given. Others may pass through it (the
// server's user must), but not look into it.
func newFolder(path string) (folder, error) {
	abs, err := filepath.Abs(path)
	if err == nil {
		err = os.MkdirAll(abs, 0o711)
	}
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return folder{}, fmt.Errorf("the database folder cannot be made: %w", err)
	}
	return folder{abs}, nil
}

func (f folder) cluster() string { return filepath.Join(f.path, "cluster") }
func (f folder) log() string     { return filepath.Join(f.path, "postgres.log") }

// address is where the server will listen: in the folder, unless that path is
// too long for a socket or has a comma, which Postgres and pgx take for a list.
// Then it is a folder among the temporary files whose name follows from f.
func (f folder) address() address {
	dir := filepath.Join(f.path, socketName)
	if a := (address{dir, 5432}); len(a.file()) <= socketLimit && !strings.Contains(dir, ",") {
		return a
	}
	sum := sha256.Sum256([]byte(f.path))
	return address{filepath.Join(os.TempDir(), fmt.Sprintf("entente-%x", sum[:8])), 5432}
}

// tryLock takes the right to start a server, or gives nil while another process
// has it. Closing the file gives it back.
func (f folder) tryLock() (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(f.path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the database folder cannot be written to: %w", err)
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return lock, nil
	}
	lock.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fmt.Errorf("the database folder %s cannot be locked: %w", f.path, err)
}

// postmaster is what a running server has written about itself.
type postmaster struct {
	pid int
	address
}

// postmaster reads postmaster.pid: line 1 is the process, 4 the port, 5 the
// folder of the socket. It may be out of date.
func (f folder) postmaster() (postmaster, bool) {
	text, err := os.ReadFile(f.pidFile())
	lines := strings.Split(string(text), "\n")
	if err != nil || len(lines) < 5 {
		return postmaster{}, false
	}
	pid, err := strconv.Atoi(lines[0])
	port, err2 := strconv.Atoi(lines[3])
	return postmaster{pid, address{lines[4], port}}, err == nil && err2 == nil
}

func (f folder) pidFile() string { return filepath.Join(f.cluster(), "postmaster.pid") }

// leftover looks for a server that nobody owns. One whose program was killed has
// been told to stop: it is waited for. One that still accepts connections after
// a while was started by hand, and can be used.
func (f folder) leftover(ctx context.Context) (at address, found bool, err error) {
	late := fmt.Errorf("a Postgres server that is not ours holds %s and does not answer: stop it", f.cluster())
	ctx, done := context.WithTimeoutCause(ctx, patience, late)
	defer done()
	const aWhile = 12 // pauses, 0.3 s
	for looks := 0; ; looks++ {
		p, found := f.postmaster()
		if !found || !runs(p.pid, f.cluster()) {
			return address{}, false, f.disown()
		}
		if looks > aWhile && p.accepts(ctx) == nil {
			return p.address, true, nil
		}
		if err := sleep(ctx); err != nil {
			return address{}, false, err
		}
	}
}

// disown prepares a stale postmaster.pid, as a power failure leaves it. Postgres
// would refuse to start if another process has got its number by now, so ours is
// put in its place: Postgres knows that its parent is no server. The rest of the
// file stays, for in it Postgres finds server processes that still run.
func (f folder) disown() error {
	text, err := os.ReadFile(f.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, rest, ok := strings.Cut(string(text), "\n")
	if err == nil && !ok { // cut off while it was written: no server got further
		return os.Remove(f.pidFile())
	}
	if err == nil {
		err = os.WriteFile(f.pidFile(), fmt.Appendf(nil, "%d\n%s", os.Getpid(), rest), 0o600)
	}
	return err
}
