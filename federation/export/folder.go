package export

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"entente.example/entente/activity"
)

// Folder is a shelf on the disk. It has its name only once all is in it: whatever
// interrupts it leaves at most one beside it whose name says that it is not whole.
type Folder struct{ partial, dir string }

// NewFolder begins one. Where there is something already it is refused (Conflict,
// "folder_exists").
func NewFolder(dir string) (*Folder, error) {
	dir = filepath.Clean(dir)
	if _, err := os.Lstat(dir); err == nil {
		return nil, activity.Refuse(activity.Conflict, "folder_exists", "there is something at %s already: name a folder that is not there yet", dir)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	partial, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".partial-*") // for nobody but us (0700)
	return &Folder{partial, dir}, err
}

// Put writes a file and brings it to the disk.
func (f *Folder) Put(name string, content []byte) (err error) {
	path := filepath.Join(f.partial, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

// Done gives the folder its name.
func (f *Folder) Done() error { return os.Rename(f.partial, f.dir) }

// Abandon removes what is not done.
func (f *Folder) Abandon() error { return os.RemoveAll(f.partial) }
