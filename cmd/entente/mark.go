package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/store"
)

// mark is the last line of the audit log that was seen, and the agreements as they were
// then, kept in the data folder, out of the database: a database without that line is
// older, or another one, and lacks what was decided since.
type mark struct {
	Number     int64               `json:"number"`
	Hash       []byte              `json:"hash"`
	Agreements []partnership.Entry `json:"agreements,omitempty"`
}

// markFile is where it is. No backup may have it: restored together with a database, it
// would tell nothing.
const markFile = "mark.json"

// markEvery is how often it is moved on while the instance is at work.
const markEvery = 10 * time.Second

// guard compares the database with the mark, and moves the mark on. Where the database
// was restored from a backup every partner stands still until an admin has confirmed it, and
// an agreement until the other side has shown what it knows; what had ended has ended.
func (i *instance) guard(ctx context.Context) error {
	path := filepath.Join(i.Data, markFile)
	was, err := i.readMark(path)
	if err != nil {
		return err
	}
	restored, err := i.isRestored(ctx, was)
	if err != nil {
		return err
	}
	if restored {
		if err := i.fence(store.By(ctx, "instance"), was); err != nil {
			return err
		}
	}
	last, err := i.db.Audited(ctx, "", time.Time{}, 1)
	if err != nil {
		return err
	}
	var now mark
	if len(last) > 0 {
		now = mark{Number: last[0].Number, Hash: last[0].Hash}
	}
	if was != nil && now.Number == was.Number && bytes.Equal(now.Hash, was.Hash) {
		return nil // whatever changes an agreement writes a line
	}
	if now.Agreements, err = i.service.Partnerships().Journal(ctx); err != nil {
		return err
	}
	return now.write(path)
}

// readMark is nil where there is none. One that nobody can read is of a line that is not
// there.
func (i *instance) readMark(path string) (*mark, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the mark in %s cannot be read: %w", i.Data, err)
	}
	var was mark
	if json.Unmarshal(raw, &was) != nil {
		return &mark{Number: -1}, nil
	}
	return &was, nil
}

// isRestored says whether the database lacks what was there: the line of the mark, or
// where something was decided about partners, the mark itself.
func (i *instance) isRestored(ctx context.Context, was *mark) (bool, error) {
	if was == nil {
		return i.hasDecided(ctx)
	}
	if was.Number == 0 {
		return false, nil
	}
	line, known, err := activity.Optional(i.db.AuditLine(ctx, was.Number))
	return !known || !bytes.Equal(line.Hash, was.Hash), err
}

// hasDecided says that there are partners by what this program has decided, which has
// written a line about each; those of generated data have none.
func (i *instance) hasDecided(ctx context.Context) (bool, error) {
	all, err := i.db.Partnerships(ctx, "")
	if err != nil || len(all) > 0 {
		return len(all) > 0, err
	}
	partners, err := i.db.Partners(ctx)
	if err != nil || len(partners) == 0 {
		return false, err
	}
	lines, err := i.db.Audited(ctx, partners[0].Host, time.Time{}, 1)
	return len(lines) > 0, err
}

func (i *instance) fence(ctx context.Context, was *mark) error {
	var journal []partnership.Entry
	if was != nil {
		journal = was.Agreements
	}
	hosts, err := i.service.Partnerships().Fence(ctx, journal)
	if err != nil {
		return err
	}
	i.log.WarnContext(ctx, "the database is older than this instance: it was restored from a backup. Every partner is suspended until 'entente partner resume' is said, where there is an agreement after the partner has answered", "partners", strings.Join(hosts, " "))
	return i.decide(ctx, store.Decision{What: "instance.restored", About: i.Host, Details: map[string]string{"partners": strings.Join(hosts, " ")}}, func(*store.Tx) error { return nil })
}

// keepMark moves the mark on until ctx ends.
func (i *instance) keepMark(ctx context.Context) error {
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := i.guard(ctx); err != nil && ctx.Err() == nil {
				i.log.WarnContext(ctx, "the mark is not moved on", "err", err)
			}
		}
	}
}

// write puts a mark in the place of another, whole or not at all, also when the machine
// loses its power.
func (m mark) write(path string) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".mark-*")
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
