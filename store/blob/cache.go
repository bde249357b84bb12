package blob

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"entente.example/entente/activity"
)

// Cache is a folder of files that can be had again: it may be emptied at any time, and
// needs no backup. It never has more than Most bytes for longer than one Put takes.
type Cache struct {
	Dir  string
	Most int64         // bytes
	Life time.Duration // of a file
	Now  func() time.Time

	tidying sync.Mutex
}

func (c *Cache) path(name string) string { return filepath.Join(c.Dir, Hash([]byte(name))) }

// Get is what was put under that name and when; NotFound when it is not there any
// more, or too old.
func (c *Cache) Get(name string) ([]byte, time.Time, error) {
	if c.Dir == "" {
		return nil, time.Time{}, activity.ErrNotFound()
	}
	about, err := os.Stat(c.path(name))
	if err == nil && c.Now().Sub(about.ModTime()) > c.Life {
		err = fs.ErrNotExist
	}
	var content []byte
	if err == nil {
		content, err = os.ReadFile(c.path(name))
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	return content, about.ModTime(), nil
}

// Put keeps a content under a name, and lets the oldest go where there is no room.
func (c *Cache) Put(name string, content []byte) error {
	if c.Dir == "" {
		return errors.New("blob: no folder for the cache")
	}
	if err := write(c.path(name), content); err != nil {
		return err
	}
	return c.tidy()
}

// Remove takes away what was put under a name, and says whether there was something.
func (c *Cache) Remove(name string) (bool, error) {
	if c.Dir == "" {
		return false, nil
	}
	err := os.Remove(c.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// tidy keeps to the limits. Unfinished files of a process that was killed go as well.
func (c *Cache) tidy() error {
	c.tidying.Lock()
	defer c.tidying.Unlock()
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return err
	}
	var all []fs.FileInfo
	var size int64
	for _, e := range entries {
		if about, err := e.Info(); err == nil { // another process may have removed it
			all, size = append(all, about), size+about.Size()
		}
	}
	slices.SortFunc(all, func(a, b fs.FileInfo) int { return cmp.Compare(a.ModTime().UnixNano(), b.ModTime().UnixNano()) })
	for _, about := range all {
		age := c.Now().Sub(about.ModTime())
		isLeft := strings.HasPrefix(about.Name(), partial) && age > time.Hour
		if size <= c.Most && age <= c.Life && !isLeft {
			continue
		}
		if err := os.Remove(filepath.Join(c.Dir, about.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		size -= about.Size()
	}
	return nil
}
