package postgres

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes make a child that the kernel stops when we die, even by kill -9.
// With lend it may pass through folders that its user cannot enter.
func attributes(as *account, lend bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
	if as != nil {
		a.Credential = &syscall.Credential{Uid: as.uid, Gid: as.gid}
	}
	if lend {
		a.AmbientCaps = []uintptr{unix.CAP_DAC_OVERRIDE}
	}
	return a
}

// runs says whether process pid is a server on cluster: a server works in the
// folder of its database. Where the kernel does not tell (root in a container),
// its name decides.
func runs(pid int, cluster string) bool {
	at, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if os.IsPermission(err) {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		return err == nil && strings.TrimSpace(string(name)) == "postgres"
	}
	want, err2 := os.Stat(cluster)
	return err == nil && err2 == nil && os.SameFile(at, want)
}
