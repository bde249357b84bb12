package activity

import "encoding/json"

// Collection is an OrderedCollection or a page of one (ActivityStreams §5).
type Collection struct {
	Context    json.RawMessage `json:"@context,omitempty"`
	ID         ID              `json:"id"`
	Type       string          `json:"type"`
	TotalItems *int            `json:"totalItems,omitempty"`
	First      ID              `json:"first,omitempty"`
	Next       ID              `json:"next,omitempty"`
	PartOf     ID              `json:"partOf,omitempty"`

	// AttributedTo is whose it is, where that does not follow from its id.
	AttributedTo ID `json:"attributedTo,omitempty"`

	Items []any `json:"orderedItems,omitzero"`
}

// NewCollection is the head of a collection of total items, its first page at
// id?page=1.
func NewCollection(id ID, total int) Collection {
	c := Collection{Context: Context, ID: id, Type: "OrderedCollection", TotalItems: &total}
	if total > 0 {
		c.First = id + "?page=1"
	}
	return c
}

// NewPage is one page of the collection id; next is "" on the last.
func NewPage(id, page, next ID, items []any) Collection {
	if items == nil {
		items = []any{}
	}
	return Collection{Context: Context, ID: page, Type: "OrderedCollectionPage", PartOf: id, Next: next, Items: items}
}
