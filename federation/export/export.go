// Package export writes down what this company has of a group, or shares with a
// partner, so that people and programs can read it without us: JSON Lines and files (see README.txt in this package,
// which is in every export).
//
//	Exporter  what is written                export.go, group.go, partner.go
//	Shelf     where it goes                  folder.go, tar.go
//	book      one export while it is made    book.go
//
// What a company takes out is its own copy: what some of its people may read, see
// store.TakePosts. Posts are the ActivityPub documents that they are here.
// Whoever starts an export by w3id.org/fep/9091 asks with POST and gets such a tar; ours is a GET,
// since it changes nothing. w3id.org/fep/6fcd puts all posts into one JSON collection, which nobody
// can read piece by piece: not followed.
package export

import (
	"context"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/media"
	"entente.example/entente/federation/names"
	"entente.example/entente/store"
)

// Shelf takes the files of an export, each whole, under names of ours: relative paths
// with slashes, each once.
type Shelf interface {
	Put(name string, content []byte) error
}

// Told hears how far an export is: how many lines there are of a noun. It may be nil.
type Told func(noun string, lines int)

// Exporter makes exports. Safe for many users at once.
type Exporter struct {
	house names.House
	db    *store.Store
	media *media.Library
}

// New makes an Exporter.
func New(house names.House, db *store.Store, pictures *media.Library) *Exporter {
	return &Exporter{house, db, pictures}
}

// Group exports one group to a shelf: all of it as it is at one moment. The manifest comes
// last, so that an export without one is known to be half.
func (e *Exporter) Group(ctx context.Context, group store.Actor, to Shelf, told Told) (m Manifest, err error) {
	return m, e.db.Snapshot(ctx, func(from *store.Snapshot) error {
		b := newBook(e.house.Host, "group", string(group.ID), from.At, to, told)
		if err := e.group(ctx, from, group, b); err != nil {
			return err
		}
		m, err = b.close()
		return err
	})
}

// Manifest is what is in an export.
type Manifest struct {
	Format string    `json:"format"` // "entente-export/1"
	Kind   string    `json:"kind"`   // "group", "partner"
	About  string    `json:"about"`  // the id of the group, the host of the partner
	By     string    `json:"by"`     // the company whose copy it is
	At     time.Time `json:"at"`     // the moment that it shows
	Sheets []Sheet   `json:"sheets"`
	Files  Files     `json:"files"`
}

// Sheet is one file of lines, or README.txt.
type Sheet struct {
	Name   string `json:"name"`
	Lines  int    `json:"lines"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Files are what is attached to the posts. The same file is in it once, and counted once.
type Files struct {
	Count   int   `json:"count"`
	Bytes   int64 `json:"bytes"`
	Missing int   `json:"missing"` // that this company does not have
}

// Lines counts those of a noun.
func (m Manifest) Lines(noun string) (lines int) {
	for _, s := range m.Sheets {
		if of, _ := nounOf(s.Name); of == noun {
			lines += s.Lines
		}
	}
	return lines
}

// Person is somebody, as others in the group see them.
type Person struct {
	ID      activity.ID `json:"id"`
	Handle  string      `json:"handle"`
	Name    string      `json:"name,omitempty"`
	Company string      `json:"company"`
}

func person(a store.Actor) Person {
	return Person{a.ID, string(a.Username) + "@" + a.Host, string(a.Name), a.Host}
}
