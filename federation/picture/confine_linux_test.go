package picture

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// What a decoder that was taken over could try, tried in a confined process.
func TestAConfinedProcessReachesNothing(t *testing.T) {
	if os.Getenv("BE_CONFINED") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestAConfinedProcessReachesNothing$")
		cmd.Env, cmd.Dir = []string{"BE_CONFINED=1"}, t.TempDir()
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "reached nothing") {
			t.Fatalf("%v: %s", err, out)
		}
		return
	}
	if err := confine(); err != nil {
		t.Fatal(err)
	}
	for what, try := range map[string]func() error{
		"reads a file":    func() error { _, err := os.ReadFile("/etc/passwd"); return err },
		"writes a file":   func() error { return os.WriteFile("x", nil, 0o600) },
		"connects":        func() error { _, err := net.Dial("tcp", "127.0.0.1:1"); return err },
		"runs a program":  func() error { return exec.Command("/bin/true").Run() },
		"forks":           func() error { _, err := syscall.ForkExec("/bin/true", nil, nil); return err },
		"signals another": func() error { return syscall.Kill(os.Getppid(), 0) },
		"lifts its limit": func() error { return syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: 99, Max: 99}) },
	} {
		err := try()
		if err == nil || !strings.Contains(err.Error(), "operation not permitted") {
			t.Errorf("it %s: %v", what, err)
		}
	}
	if !t.Failed() {
		os.Stdout.WriteString("reached nothing\n")
	}
}
