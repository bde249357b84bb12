package activity

import (
	"encoding/json"
	"iter"
)

// Cursor goes through a valid JSON value once, from its first byte to its last,
// and builds nothing: what a document costs to look through depends on its length
// alone.
type Cursor struct {
	raw json.RawMessage
	at  int
}

// NewCursor stands before the value raw.
func NewCursor(raw []byte) *Cursor { return &Cursor{raw: raw} }

// Next is the first byte of the value that comes next: { [ or " or another.
func (c *Cursor) Next() byte {
	for ; c.at < len(c.raw); c.at++ {
		switch b := c.raw[c.at]; b {
		case ' ', '\t', '\r', '\n', ',', ':':
		default:
			return b
		}
	}
	return 0
}

// Skip goes past the next value and gives it as it is written.
func (c *Cursor) Skip() json.RawMessage {
	c.Next()
	start, depth := c.at, 0
	for ; c.at < len(c.raw); c.at++ {
		switch c.raw[c.at] {
		case '"':
			c.at = endOfString(c.raw, c.at)
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth--; depth < 0 { // of the list that holds a number
				return c.raw[start:c.at]
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return c.raw[start:c.at]
			}
			continue
		default: // of a number or a word
			continue
		}
		if depth == 0 {
			c.at = min(c.at+1, len(c.raw))
			return c.raw[start:c.at]
		}
	}
	c.at = len(c.raw)
	return c.raw[start:]
}

// Text reads the next value, which is "" where it is no string.
func (c *Cursor) Text() string {
	if c.Next() != '"' {
		c.Skip()
		return ""
	}
	text, _ := unquote(c.Skip())
	return text
}

// Entries enters the next value, a list. Each turn reads or skips one entry.
func (c *Cursor) Entries() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, more := 0, c.open('['); more && !c.closed(); i++ {
			more = yield(i)
		}
	}
}

// Properties enters the next value, an object. Each turn has the name of a
// property, and reads or skips its value.
func (c *Cursor) Properties() iter.Seq[string] {
	return func(yield func(string) bool) {
		for more := c.open('{'); more && !c.closed(); {
			more = yield(c.Text())
		}
	}
}

func (c *Cursor) open(bracket byte) bool {
	if c.Next() != bracket {
		return false
	}
	c.at++
	return true
}

// closed goes past a closing bracket; the end of broken JSON closes everything.
func (c *Cursor) closed() bool {
	next := c.Next()
	if next == ']' || next == '}' {
		c.at++
		return true
	}
	return next == 0 && c.at >= len(c.raw)
}
