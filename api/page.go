package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"entente.example/entente/store"
)

// Page is Mastodon's paging; embed it in an In. max_id and since_id bound the
// newest rows, min_id asks for the rows right after it. limit is 20 when it is
// left out, and at most 80.
type Page struct {
	MaxID   store.Key `param:"max_id"`
	SinceID store.Key `param:"since_id"`
	MinID   store.Key `param:"min_id"`
	Limit   int       `param:"limit"`
}

// Rows is the page as the store knows it.
func (p Page) Rows() store.Page {
	rows := store.Page{Before: p.MaxID, After: max(p.SinceID, p.MinID), Oldest: p.MinID > 0, Limit: store.PageDefault}
	if p.Limit > 0 {
		rows.Limit = min(p.Limit, store.PageMax)
	}
	return rows
}

// List is an Out of many: a JSON list, and where its neighbours are in the Link
// header (RFC 8288: next is older, prev is newer).
type List[T any] struct {
	Items          []T
	newest, oldest store.Key
	isFull         bool
}

// Each is a List with the same neighbours, of what fn makes of its items.
func Each[T, U any](l List[T], fn func(T) U) List[U] {
	shown := List[U]{Items: make([]U, len(l.Items)), newest: l.newest, oldest: l.oldest, isFull: l.isFull}
	for i, item := range l.Items {
		shown.Items[i] = fn(item)
	}
	return shown
}

// Unpaged is a List that has no neighbours.
func Unpaged[T any](items []T) List[T] { return List[T]{Items: items} }

// Paged is the List of what was made of a page's rows. Its neighbours begin where
// the rows end, also where a row gave no item.
func Paged[T, R any](items []T, rows []R, key func(R) store.Key, p Page) List[T] {
	l := List[T]{Items: items, isFull: len(rows) >= p.Rows().Limit}
	if len(rows) > 0 {
		l.newest, l.oldest = key(rows[0]), key(rows[len(rows)-1])
	}
	return l
}

// MarshalJSON writes the items, [] for none.
func (l List[T]) MarshalJSON() ([]byte, error) { return json.Marshal(l.items()) }

type linked interface {
	items() any
	link(house string, self *url.URL) string
}

// items are what is written: to write them as they are saves a second pass over them.
func (l List[T]) items() any {
	if l.Items == nil {
		return []T{}
	}
	return l.Items
}

// link keeps the other parameters of the request.
func (l List[T]) link(house string, self *url.URL) string {
	var links []string
	add := func(rel, param string, key store.Key) {
		q := self.Query()
		for _, bound := range []string{"max_id", "since_id", "min_id"} {
			q.Del(bound)
		}
		q.Set(param, key.String())
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, house, self.EscapedPath(), q.Encode(), rel))
	}
	if l.isFull {
		add("next", "max_id", l.oldest)
	}
	if l.newest > 0 {
		add("prev", "min_id", l.newest)
	}
	return strings.Join(links, ", ")
}
