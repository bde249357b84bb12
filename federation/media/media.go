// Package media keeps the pictures that our people attach, and gets those of partners
// for them. Whatever it gives out was drawn anew by package picture, and only for who may
// read the note that it belongs to.
//
//	Add       a file that somebody sends becomes a picture     media.go
//	Own       one of ours, for a reader                        media.go
//	Links     addresses that one member can use for a while    link.go
//	Remote    one of a partner's, for a member                 remote.go
//	Kept      those of a note, for an export                   kept.go
//	Sweep     what nobody has a use for any more               sweep.go
package media

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/singleflight"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/picture"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
	"entente.example/entente/store/blob"
)

// Library is the pictures of one instance. Safe for many users at once, in several
// processes on one folder.
type Library struct {
	find   *resolve.Finder
	db     *store.Store
	gate   *policy.Gate
	studio *picture.Studio
	files  blob.Folder
	cache  *blob.Cache
	asking singleflight.Group // pictures of partners that are being fetched

	mu     sync.Mutex
	secret string // that links are signed with, once it was read
}

// New makes a Library in a folder: "media" in it is to be backed up, "cache" is not.
// Without a folder nothing can be kept.
func New(find *resolve.Finder, db *store.Store, gate *policy.Gate, folder string) *Library {
	l := &Library{find: find, db: db, gate: gate, studio: picture.NewStudio(), cache: &blob.Cache{Most: limits.PictureCache, Life: limits.PictureLife, Now: find.Now}}
	if folder != "" {
		l.files, l.cache.Dir = blob.Folder(filepath.Join(folder, "media")), filepath.Join(folder, "cache", "media")
	}
	return l
}

// Upload is a picture as it is sent.
type Upload struct {
	File        []byte
	Description string // for who cannot see it
	Focus       activity.Focus
}

// MaxDescription is the longest alternative text, in characters, as in Mastodon.
const MaxDescription = 1500

// CheckDescription refuses (Invalid) one that is too long.
func CheckDescription(text string) error {
	if n := utf8.RuneCountInString(text); n > MaxDescription {
		return activity.Refuse(activity.Invalid, "long_description", "the description of a picture has at most %d characters; this one has %d", MaxDescription, n)
	}
	return nil
}

// Add draws a file anew and keeps it for owner, attached to nothing yet. Refused: what
// picture.Studio.Recode refuses, and a description that is too long.
func (l *Library) Add(ctx context.Context, owner store.Actor, up Upload) (store.Media, error) {
	if err := CheckDescription(up.Description); err != nil {
		return store.Media{}, err
	}
	p, err := l.studio.Recode(ctx, up.File)
	if err != nil {
		return store.Media{}, err
	}
	m := store.Media{Key: store.NewKey(l.find.Now()), Owner: owner.Key, Hash: blob.Hash(p.Content), Type: p.Type, Size: int64(len(p.Content)),
		Width: p.Width, Height: p.Height, Blurhash: p.Blurhash, Description: strings.TrimSpace(up.Description), FocusX: up.Focus.X, FocusY: up.Focus.Y}
	err = l.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, turn(m.Hash)); err != nil { // the sweep may be about to remove such a file
			return err
		}
		if _, err := l.files.Put(p.Content); err != nil {
			return err
		}
		return tx.PutMedia(ctx, m)
	})
	return m, err
}

// turn is what those take turns by who write or remove one file.
func turn(hash string) activity.ID { return activity.ID("media:" + hash) }

// File is a picture that is given out.
type File struct {
	Type    string // image/jpeg or image/png
	Content []byte
	At      time.Time // since when it is so
}

// Own is a picture of ours, if the reader may see it; else NotFound.
func (l *Library) Own(ctx context.Context, key store.Key, r store.Reader) (File, error) {
	m, err := l.db.VisibleMedia(ctx, key, r)
	if err != nil {
		return File{}, err
	}
	content, err := l.files.Get(m.Hash)
	return file(content, m.CreatedAt, err)
}

// file gives out only what is one of our own pictures, whatever is on the disk.
func file(content []byte, at time.Time, err error) (File, error) {
	f := File{Type: picture.TypeOf(content), Content: content, At: at.Truncate(time.Second)}
	if err == nil && f.Type != "image/jpeg" && f.Type != "image/png" {
		err = activity.ErrNotFound()
	}
	return f, err
}

// ReadFocus reads "x,y", each from -1 to 1 (Mastodon's parameter focus); "" is the
// middle. Anything else is Invalid.
func ReadFocus(text string) (activity.Focus, error) {
	var f activity.Focus
	if text == "" {
		return f, nil
	}
	if err := f.UnmarshalJSON([]byte("[" + text + "]")); err != nil || f == (activity.Focus{}) && strings.Trim(text, "0., -") != "" {
		return f, activity.Refuse(activity.Invalid, "bad_focus", "focus is two numbers from -1 to 1 with a comma between, as 0.0,-0.5")
	}
	return activity.Focus{X: round(f.X), Y: round(f.Y)}, nil
}

// round keeps as much of a place in a picture as means anything.
func round(x float64) float64 { return math.Round(x*1000) / 1000 }
