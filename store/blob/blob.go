// Package blob keeps files by what is in them: the name of a file is the SHA-256 of its
// content, so that nothing that anybody says becomes part of a path, the same content
// is kept once, and several processes may write at the same time to one folder.
package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"entente.example/entente/activity"
)

// Folder is where files are kept. The empty one keeps nothing.
type Folder string

// Hash is the name of a content, in hexadecimal.
func Hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// path of a file; what is no hash has none.
func (f Folder) path(hash string) (string, error) {
	if b, err := hex.DecodeString(hash); f == "" || err != nil || len(b) != sha256.Size {
		return "", activity.ErrNotFound()
	}
	return filepath.Join(string(f), hash[:2], hash), nil
}

// Put keeps a content and gives its hash. When it returns, the content is on the disk,
// whole, and survives the loss of power.
func (f Folder) Put(content []byte) (string, error) {
	hash := Hash(content)
	path, err := f.path(hash)
	if err != nil {
		return "", errors.New("blob: no folder to keep files in")
	}
	if _, err := os.Stat(path); err == nil {
		return hash, nil
	}
	return hash, write(path, content)
}

// write makes a file at once, or not at all.
func write(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, partial+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return err
	}
	return errors.Join(flush(dir), flush(filepath.Dir(dir)))
}

// partial is how the name of an unfinished file begins.
const partial = ".partial-"

// flush brings the names in a folder to the disk.
func flush(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get is the content with this hash, or NotFound.
func (f Folder) Get(hash string) ([]byte, error) {
	path, err := f.path(hash)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = activity.ErrNotFound()
	}
	return content, err
}

// Remove forgets a content; it need not be there.
func (f Folder) Remove(hash string) error {
	path, err := f.path(hash)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Each calls fn with the hashes of all files, some at a time.
func (f Folder) Each(fn func(hashes []string) error) error {
	shelves, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) || f == "" {
		return nil
	}
	if err != nil {
		return err
	}
	for _, shelf := range shelves {
		files, err := os.ReadDir(filepath.Join(string(f), shelf.Name()))
		if err != nil {
			return err
		}
		var hashes []string
		for _, file := range files {
			if path, err := f.path(file.Name()); err == nil && filepath.Base(filepath.Dir(path)) == shelf.Name() {
				hashes = append(hashes, file.Name())
			}
		}
		if len(hashes) == 0 {
			continue
		}
		if err := fn(hashes); err != nil {
			return err
		}
	}
	return nil
}
