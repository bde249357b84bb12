//go:build !linux

package postgres

import (
	"errors"
	"os"
	"syscall"
)

// attributes make a child that an interrupt from the terminal does not reach.
// Elsewhere than on Linux nothing stops it when we are killed: the next start
// attaches to it.
func attributes(as *account, _ bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if as != nil {
		a.Credential = &syscall.Credential{Uid: as.uid, Gid: as.gid}
	}
	return a
}

// runs says whether process pid may be a server on cluster: whether it lives.
func runs(pid int, _ string) bool {
	err := syscall.Kill(pid, 0)
	return pid != os.Getpid() && (err == nil || errors.Is(err, syscall.EPERM))
}
