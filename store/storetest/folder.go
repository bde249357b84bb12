package storetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// newFolder makes a temporary folder, in memory where there is plenty: a database
// is some 300 files, and on a disk a copy can take 20 times as long.
func newFolder() (string, error) {
	parent := os.TempDir()
	const inMemory, plenty = "/dev/shm", 2 << 30
	if free(inMemory) >= plenty {
		parent = inMemory
	}
	sweep(parent)
	return os.MkdirTemp(parent, fmt.Sprintf("entente-test-%d-", os.Getpid()))
}

// sweep removes what test programs left that were killed, as go test does to one
// that runs too long.
func sweep(parent string) {
	old, _ := filepath.Glob(filepath.Join(parent, "entente-test-*")) // fails only on a bad pattern
	for _, dir := range old {
		var pid int
		_, err := fmt.Sscanf(filepath.Base(dir), "entente-test-%d-", &pid)
		if err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(dir) // it may be another user's
		}
	}
}

// free is how many bytes a file system has left; 0 when there is none at dir.
func free(dir string) uint64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0
	}
	return stat.Bavail * uint64(stat.Bsize)
}
