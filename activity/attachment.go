package activity

import (
	"encoding/json"
	"math"
)

// Attachment is a file: Document, Image, Video or Audio (interop §3.1).
type Attachment struct {
	Type       Text  `json:"type,omitempty"`
	MediaType  Text  `json:"mediaType,omitempty"`
	URL        IDs   `json:"url,omitempty"`
	Name       Text  `json:"name,omitempty"`     // alternative text
	Width      Side  `json:"width,omitempty"`    // of a picture
	Height     Side  `json:"height,omitempty"`   // of a picture
	Blurhash   Text  `json:"blurhash,omitempty"` // what to show until it is there (toot:blurhash)
	FocalPoint Focus `json:"focalPoint,omitzero"`
}

// Side is a number of pixels, 0 when it is unknown or absurd.
type Side int

// maxSide is longer than the side of any picture: JPEG ends at 65535.
const maxSide = 1 << 20

// UnmarshalJSON never fails on well-formed JSON.
func (s *Side) UnmarshalJSON(b []byte) error {
	var f float64
	if json.Unmarshal(b, &f) != nil || f < 0 || f > maxSide {
		f = 0
	}
	*s = Side(f)
	return nil
}

// Focus is the place in a picture that a smaller one must keep (toot:focalPoint):
// X from -1, left, to 1, right; Y from -1, bottom, to 1, top. Zero is the middle,
// which is what a picture has that says nothing.
type Focus struct{ X, Y float64 }

// UnmarshalJSON reads [x, y]; anything else is the middle.
func (f *Focus) UnmarshalJSON(b []byte) error {
	*f = Focus{}
	var xy []float64
	if json.Unmarshal(b, &xy) == nil && len(xy) == 2 && math.Abs(xy[0]) <= 1 && math.Abs(xy[1]) <= 1 {
		f.X, f.Y = xy[0], xy[1]
	}
	return nil
}

// MarshalJSON writes [x, y].
func (f Focus) MarshalJSON() ([]byte, error) { return json.Marshal([]float64{f.X, f.Y}) }

// maxBlurhash is one of the most components, 9 by 9.
const maxBlurhash = 4 + 2*81

// files keeps the first ones, with a description that is no longer than a page
// and no blurhash that is none.
func files(as List[Attachment]) List[Attachment] {
	as = head(as, maxEntries)
	for i := range as {
		as[i].Name = cut(as[i].Name, maxDescription)
		if len(as[i].Blurhash) > maxBlurhash {
			as[i].Blurhash = ""
		}
	}
	return as
}
