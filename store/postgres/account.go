package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that a server runs as when we are root, which Postgres
// refuses to be. A nil account is ourselves.
type account struct {
	name     string
	uid, gid uint32
}

// account is the owner of the database if there is one, else the user that the
// packages of Postgres make, else nobody.
func (f folder) account() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	if uid, gid, err := owner(f.cluster()); err == nil && uid != 0 {
		return &account{strconv.Itoa(int(uid)), uid, gid}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err == nil && err2 == nil && uid != 0 {
			return &account{name, uint32(uid), uint32(gid)}, nil
		}
	}
	return nil, errors.New("root may not run Postgres, and there is no user postgres or nobody: make one, or start as an ordinary user")
}

// makeFolder makes a folder that only the account can enter. One that is there
// already must be the account's or ours: another user could have put it among
// the temporary files to read along.
func (a *account) makeFolder(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("the database folder cannot be written to: %w", err)
	}
	uid, _, err := owner(path)
	if err != nil {
		return err
	}
	if uid != uint32(os.Geteuid()) && (a == nil || uid != a.uid) {
		return fmt.Errorf("the folder %s belongs to another user: remove it", path)
	}
	if a != nil {
		err = os.Chown(path, int(a.uid), int(a.gid))
	}
	return errors.Join(err, os.Chmod(path, 0o700))
}

// enters says whether the account may go to dir by the bits of its mode and of
// all folders above it. Access lists are left out: they are rare, and taking one
// for a no does no harm.
func (a *account) enters(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return false
		}
		bit := fs.FileMode(0o001)
		switch uid, gid, _ := owner(dir); {
		case uid == a.uid:
			bit = 0o100
		case gid == a.gid:
			bit = 0o010
		}
		if info.Mode()&bit == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// owner is whose path is; a link is not followed.
func owner(path string) (uid, gid uint32, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, err
	}
	if !info.IsDir() {
		return 0, 0, fmt.Errorf("%s is not a folder", path)
	}
	stat := info.Sys().(*syscall.Stat_t)
	return stat.Uid, stat.Gid, nil
}
