// Package chain is the audit log as a chain: each line has the hash of the one before
// it, so that a line can be neither changed, removed, added nor moved without a trace.
//
// A chain alone does not show that lines at its end were cut off, nor that everything
// from some line on was written anew by somebody who may write to the database: both
// leave a chain that is whole. Whoever has kept an earlier Head sees it.
package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"entente.example/entente/activity/canonical"
)

// Decision is what was decided.
type Decision struct {
	Who     string            // "operator", "instance", an admin's id, or the host of a partner
	What    string            // a stable word, noun and participle: partner.allowed
	About   string            // a host or an id
	Details map[string]string // words, since numbers in JSON lose digits
}

// Line is one of the log.
type Line struct {
	Number int64 // 1, 2, 3 ...
	At     time.Time
	Decision
	Previous []byte // the hash of the line before, empty in the first
	Hash     []byte
}

// Sum is the SHA-256 of the canonical JSON (RFC 8785) of all of the line but its hash.
func (l Line) Sum() ([]byte, error) {
	details := l.Details
	if details == nil {
		details = map[string]string{}
	}
	text, err := canonical.Of(map[string]any{
		"number": l.Number, "at": l.At.UTC().Format("2006-01-02T15:04:05.000000Z"), "who": l.Who, "what": l.What, "about": l.About,
		"details": details, "previous": hex.EncodeToString(l.Previous),
	})
	sum := sha256.Sum256(text)
	return sum[:], err
}

// Head is the last line of a log at some time, in short.
type Head struct {
	Number int64
	Hash   string // hexadecimal
}

func (h Head) String() string { return fmt.Sprintf("%d:%s", h.Number, h.Hash) }

// ReadHead reads what String writes.
func ReadHead(text string) (Head, error) {
	number, hash, _ := strings.Cut(strings.TrimSpace(text), ":")
	n, err := strconv.ParseInt(number, 10, 64)
	if sum, hexErr := hex.DecodeString(hash); err != nil || hexErr != nil || n < 1 || len(sum) != sha256.Size {
		return Head{}, errors.New("a head is a number, a colon and 64 hexadecimal digits")
	}
	return Head{n, strings.ToLower(hash)}, nil
}

// Check goes along a log, line after line from the first on, and says what is wrong.
type Check struct {
	Kept  Head // one from earlier, if there is one: Number 0 is none
	Lines int64
	last  Line
}

// Next takes the next line, and gives what is wrong with it or before it.
func (c *Check) Next(l Line) (wrong []string, err error) {
	sum, err := l.Sum()
	if err != nil {
		return nil, err
	}
	expected := c.last.Number + 1
	switch {
	case l.Number != expected:
		wrong = append(wrong, span(expected, l.Number-1)+" missing")
	case !bytes.Equal(l.Previous, c.last.Hash):
		wrong = append(wrong, fmt.Sprintf("line %d does not follow the one before it", l.Number))
	}
	if !bytes.Equal(l.Hash, sum) {
		wrong = append(wrong, fmt.Sprintf("line %d is not what was written", l.Number))
	}
	if l.Number == c.Kept.Number && hex.EncodeToString(l.Hash) != c.Kept.Hash {
		wrong = append(wrong, fmt.Sprintf("line %d is another than the one that was the head", l.Number))
	}
	c.last = l
	c.Lines++
	return wrong, nil
}

// End is to be asked after the last line, and says whether some are cut off.
func (c *Check) End() (wrong []string) {
	if c.last.Number < c.Kept.Number {
		wrong = append(wrong, span(c.last.Number+1, c.Kept.Number)+" cut off")
	}
	return wrong
}

// span is "line 3 is" or "lines 3 to 5 are".
func span(from, to int64) string {
	if from == to {
		return fmt.Sprintf("line %d is", from)
	}
	return fmt.Sprintf("lines %d to %d are", from, to)
}

// Head is the last line so far; Number 0: there is none.
func (c *Check) Head() Head { return Head{c.last.Number, hex.EncodeToString(c.last.Hash)} }
