package postgres

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestAServerStartsAndStopsAndKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	s := mustStart(t, dir)
	if !s.Own() {
		t.Fatal("the first one does not own the server")
	}
	do(t, s, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('grüße')")
	for range 2 {
		if err := s.Stop(); err != nil {
			t.Fatalf("stop: %v", err)
		}
	}
	if err := s.accepts(t.Context()); err == nil {
		t.Fatal("it still accepts connections after Stop")
	}
	if got := ask(t, mustStart(t, dir), "SELECT word FROM kept"); got != "grüße" {
		t.Fatalf("after a restart: %q", got)
	}
}

func TestAServerInAFolderWithAnOddName(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(shortDir(t), `o'b "x" \ y`)
	s := mustStart(t, dir)
	t.Run("listens on no network and only to its user", func(t *testing.T) {
		if got := ask(t, s, "SHOW listen_addresses"); got != "" {
			t.Fatalf("it listens on %q", got)
		}
		info, err := os.Stat(s.file())
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Fatalf("others may open the socket: %v, %v", info, err)
		}
	})
	t.Run("makes a database once", func(t *testing.T) {
		for range 2 {
			if err := s.Create(t.Context(), "o'c"); err != nil {
				t.Fatal(err)
			}
		}
		conn, err := pgx.Connect(t.Context(), s.DSN("o'c"))
		if err != nil {
			t.Fatal(err)
		}
		conn.Close(t.Context())
	})
	t.Run("is shared with who starts second, whose stop changes nothing", func(t *testing.T) {
		second := mustStart(t, dir)
		if second.Own() {
			t.Fatal("two own the server")
		}
		if err := second.Stop(); err != nil {
			t.Fatalf("stop: %v", err)
		}
		ask(t, s, "SELECT 'here'")
	})
}

func TestAfterTheServerWasKilledTheNextStartHasTheData(t *testing.T) {
	t.Parallel()
	o := Options{Dir: shortDir(t)} // not Fast: what is committed must be on the disk
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('still here')")
	conn := connect(t, s)
	var busy sync.WaitGroup
	defer busy.Wait()
	busy.Go(func() { // its process lives on for a moment, and holds the shared memory
		_, _ = conn.Exec(context.Background(), "SELECT count(*) FROM generate_series(1, 5000000)")
	})
	time.Sleep(50 * time.Millisecond)
	ended, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Wait(ended); err != nil {
		t.Errorf("nothing has happened yet, and Wait says %v", err)
	}
	kill(t, s.child.process.Pid)
	if err := s.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "has ended by itself") {
		t.Errorf("after a kill Wait says %v", err)
	}
	again, err := Start(t.Context(), o) // before Stop: the lock must be free by itself
	if err != nil {
		t.Fatal(err)
	}
	defer again.Stop()
	if err := s.Stop(); err != nil {
		t.Fatalf("stop after a kill: %v", err)
	}
	if got := ask(t, again, "SELECT word FROM kept"); got != "still here" || !again.Own() {
		t.Fatalf("after a kill: %q, own %t", got, again.Own())
	}
}

func TestOfManyThatStartAtOnceOneGetsTheServer(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	var all sync.WaitGroup
	servers := make([]*Server, 4)
	for i := range servers {
		all.Go(func() {
			s, err := Start(t.Context(), Options{Dir: dir, Fast: true})
			if err != nil {
				t.Errorf("start: %v", err)
				return
			}
			servers[i] = s
		})
	}
	all.Wait()
	owners := 0
	for _, s := range servers {
		if s == nil {
			continue
		}
		t.Cleanup(func() { s.Stop() })
		if s.Own() {
			owners++
		}
		ask(t, s, "SELECT 'here'")
	}
	if owners != 1 {
		t.Fatalf("%d own the server", owners)
	}
}

func TestAStaleFileOfAnotherProcessDoesNotPreventAStart(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	s := mustStart(t, dir)
	pidFile := s.folder.pidFile()
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	for name, left := range map[string]string{
		"a process that lives": fmt.Sprintf("%d\n%s", os.Getppid(), rest),
		"a process that died":  "4194303\n" + rest,
		"a file cut short":     "",
	} {
		if err := os.WriteFile(pidFile, []byte(left), 0o600); err != nil {
			t.Fatal(err)
		}
		if s := mustStart(t, dir); !s.Own() {
			t.Errorf("%s: attached to nothing", name)
		} else if err := s.Stop(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnInterruptedFirstStartLeavesNothingInTheWay(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(150*time.Millisecond, cancel)
	if s, err := Start(ctx, Options{Dir: dir, Fast: true}); err == nil {
		s.Stop()
		t.Fatal("a cancelled start has started")
	}
	mustStart(t, dir)
}

func TestALongOrOddPathGetsASocketAmongTheTemporaryFiles(t *testing.T) {
	t.Parallel()
	for name, folder := range map[string]string{
		"long":  strings.Repeat("long/", 30) + "data",
		"comma": "a,b",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustStart(t, filepath.Join(shortDir(t), folder))
			ask(t, s, "SELECT 'here'")
			if strings.HasPrefix(s.socket, s.folder.path) {
				t.Fatalf("the socket is in %s", s.socket)
			}
			info, err := os.Stat(s.socket)
			if err != nil || info.Mode().Perm() != 0o700 {
				t.Fatalf("others may enter the socket's folder: %v, %v", info, err)
			}
			if err := s.Stop(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(s.socket); !os.IsNotExist(err) {
				t.Fatalf("the socket's folder stays behind: %v", err)
			}
		})
	}
}

func TestAnUnusableFolderIsOneSentence(t *testing.T) {
	t.Parallel()
	file := filepath.Join(shortDir(t), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: filepath.Join(file, "data")})
	sentence(t, err, "the database folder cannot be made")
}

func TestADatabaseOfAMissingVersionIsOneSentence(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "cluster"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cluster", "PG_VERSION"), []byte("99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: dir})
	sentence(t, err, "made by Postgres 99")
	sentence(t, err, "apt-get install postgresql-99")
}

func TestMissingProgramsAreOneSentence(t *testing.T) {
	t.Parallel()
	_, err := start(t.Context(), Options{Dir: shortDir(t)}, places{path: shortDir(t)})
	sentence(t, err, "apt-get install postgresql")
}

func TestWhatTheServerSaysLastIsTheError(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	s := mustStart(t, dir)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(s.folder.cluster(), "postgresql.auto.conf")
	if err := os.WriteFile(config, []byte("work_mem = much\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: dir})
	sentence(t, err, "the database server cannot be started: configuration file")
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
