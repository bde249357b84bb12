package export

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"entente.example/entente/store/blob"
)

//go:embed README.txt
var readme []byte

// partBytes is how long a sheet is before a new one begins: it is written at once, since a
// tar must know how long a file is before it has it.
const partBytes = 4 << 20

// book is one export while it is made.
type book struct {
	to       Shelf
	told     Told
	folder   string // where sheets go now
	manifest Manifest
	has      map[string]bool // the files that are in it
}

func newBook(by, kind, about string, at time.Time, to Shelf, told Told) *book {
	if told == nil {
		told = func(string, int) {}
	}
	return &book{to: to, told: told, has: map[string]bool{}, manifest: Manifest{Format: "entente-export/1", Kind: kind, About: about, By: by, At: at, Sheets: []Sheet{}}}
}

// close writes what is said of the whole.
func (b *book) close() (Manifest, error) {
	if err := b.put(Sheet{Name: "README.txt", Lines: bytes.Count(readme, []byte("\n"))}, readme); err != nil {
		return b.manifest, err
	}
	text, err := json.MarshalIndent(b.manifest, "", "  ")
	if err == nil {
		err = b.to.Put("manifest.json", append(text, '\n'))
	}
	return b.manifest, err
}

func (b *book) put(s Sheet, content []byte) error {
	s.Bytes, s.SHA256 = len(content), blob.Hash(content)
	b.manifest.Sheets = append(b.manifest.Sheets, s)
	return b.to.Put(s.Name, content)
}

// file puts one that is attached to a post, once it is known what is in it.
func (b *book) file(hash string, content []byte) error {
	if hash == "" {
		b.manifest.Files.Missing++
		return nil
	}
	if b.has[hash] { // a picture is attached to many posts
		return nil
	}
	b.has[hash] = true
	b.manifest.Files.Count++
	b.manifest.Files.Bytes += int64(len(content))
	return b.to.Put("files/"+hash, content)
}

// lines are those of one noun.
type lines struct {
	*book
	noun  string
	parts int
	part  bytes.Buffer
	count int // in this part
	all   int
}

func (b *book) lines(noun string) *lines { return &lines{book: b, noun: noun} }

// add writes one.
func (l *lines) add(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	l.part.Write(append(text, '\n'))
	l.count, l.all = l.count+1, l.all+1
	if l.part.Len() < partBytes {
		return nil
	}
	return l.turn()
}

// turn ends a part.
func (l *lines) turn() error {
	l.parts++
	name := l.folder + l.noun + ".jsonl"
	if l.parts > 1 {
		name = fmt.Sprintf("%s%s-%d.jsonl", l.folder, l.noun, l.parts)
	}
	err := l.put(Sheet{Name: name, Lines: l.count}, slices.Clone(l.part.Bytes()))
	l.part.Reset()
	l.count = 0
	return err
}

// end writes what is left; a noun has a sheet also when there is none of it.
func (l *lines) end() error {
	l.told(l.noun, l.all)
	if l.count == 0 && l.parts > 0 {
		return nil
	}
	return l.turn()
}

// nounOf reads the name of a sheet.
func nounOf(name string) (noun string, is bool) {
	noun, is = strings.CutSuffix(path.Base(name), ".jsonl")
	noun, _, _ = strings.Cut(noun, "-")
	return noun, is
}
