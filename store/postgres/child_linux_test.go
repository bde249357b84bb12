package postgres

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTheServerDiesWithAKilledProgram(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	cmd, said := program(t, dir, nil)
	if said != "ready" {
		t.Fatal(said)
	}
	attached := mustStart(t, dir)
	do(t, attached, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('still here')")
	kill(t, cmd.Process.Pid)
	cmd.Wait()
	// Start at once: it must wait for the end of the old server, not attach to it.
	again := mustStart(t, dir)
	if !again.Own() {
		t.Fatal("attached to a server that is about to end")
	}
	if got := ask(t, again, "SELECT word FROM kept"); got != "still here" {
		t.Fatalf("after a kill: %q", got)
	}
}

func TestRootsPrivateFolderIsNoObstacle(t *testing.T) {
	t.Parallel()
	asRoot(t)
	dir := shortDir(t) // of mode 0700
	s := mustStart(t, filepath.Join(dir, "data"))
	info, err := os.Stat(s.folder.cluster())
	if err != nil || info.Sys().(*syscall.Stat_t).Uid == 0 {
		t.Fatalf("the database is root's: %v, %v", info, err)
	}
	for _, ours := range []string{dir, s.folder.path} {
		if uid, _, err := owner(ours); err != nil || uid != 0 {
			t.Fatalf("%s now belongs to %d, %v", ours, uid, err)
		}
	}
}

func TestAFolderOpenToAllNeedsNoLoan(t *testing.T) {
	t.Parallel()
	asRoot(t)
	dir := shortDir(t)
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	s := mustStart(t, filepath.Join(dir, "data"))
	if got := capabilities(t, s.child.process.Pid); got != "0000000000000000" {
		t.Fatalf("the server has the capabilities %s", got)
	}
}

func TestAnUnreachableFolderWithoutTheRightToLendIsOneSentence(t *testing.T) {
	t.Parallel()
	asRoot(t)
	_, said := program(t, shortDir(t), func(cmd *exec.Cmd) error {
		// In a goroutine of its own, whose thread ends with it: the loss is for good.
		lost := make(chan error)
		go func() {
			runtime.LockOSThread()
			err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_DAC_OVERRIDE, 0, 0, 0)
			if err == nil {
				err = cmd.Start()
			}
			lost <- err
		}()
		return <-lost
	})
	if !strings.Contains(said, "may not enter the folder") {
		t.Fatal(said)
	}
}

func TestAnOrdinaryUserRunsItsOwnServer(t *testing.T) {
	t.Parallel()
	asRoot(t)
	dir := shortDir(t)
	if err := os.Chown(dir, int(nobody.uid), int(nobody.gid)); err != nil {
		t.Fatal(err)
	}
	_, said := program(t, dir, asNobody(t))
	if said != "ready" {
		t.Fatal(said)
	}
	if uid, _, err := owner(filepath.Join(dir, "cluster")); err != nil || uid != nobody.uid {
		t.Fatalf("the database belongs to %d, %v", uid, err)
	}
}

func TestAFolderThatCannotBeWrittenToIsOneSentence(t *testing.T) {
	t.Parallel()
	asRoot(t)
	dir := shortDir(t)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, said := program(t, dir, asNobody(t))
	if !strings.HasPrefix(said, "error: the database folder cannot be written to: ") {
		t.Fatal(said)
	}
}

var nobody = account{uid: 65534, gid: 65534}

// asNobody starts a program as another user, from a copy that everyone may run.
func asNobody(t *testing.T) func(*exec.Cmd) error {
	dir := shortDir(t)
	binary, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	path := filepath.Join(dir, "program")
	if err == nil {
		syscall.ForkLock.RLock() // a child that is born meanwhile has the file open, and keeps it from being run
		err = os.WriteFile(path, binary, 0o755)
		syscall.ForkLock.RUnlock()
	}
	if err != nil {
		t.Fatal(err)
	}
	if !nobody.enters(dir) {
		t.Skip("other users cannot enter the folder for temporary files")
	}
	return func(cmd *exec.Cmd) error {
		cmd.Path, cmd.Dir = path, dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody.uid, Gid: nobody.gid}}
		return cmd.Start()
	}
}

// program runs a copy of this binary with a server on dir, and gives the first
// line that it says.
func program(t *testing.T, dir string, begin func(*exec.Cmd) error) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), role+"="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if begin == nil {
		begin = (*exec.Cmd).Start
	}
	if err := begin(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		limit := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
		defer limit.Stop()
		cmd.Wait()
	})
	said, _ := bufio.NewReader(out).ReadString('\n')
	return cmd, strings.TrimSpace(said)
}

func capabilities(t *testing.T, pid int) string {
	t.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "CapEff:\t")
	caps, _, _ := strings.Cut(rest, "\n")
	return caps
}

// asRoot leaves out a test of what only root can do.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
}
