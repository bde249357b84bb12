package activity

import (
	"encoding/json"
	"math"
	"strings"

	"entente.example/entente/activity/limits"
)

// Attachment is a file: Document, Image, Video or Audio; or a Link to a page.
type Attachment struct {
	Type       Text  `json:"type,omitempty"`
	MediaType  Text  `json:"mediaType,omitempty"`
	URL        IDs   `json:"url,omitempty"`
	Name       Text  `json:"name,omitempty"` // alternative text
	Width      Side  `json:"width,omitempty"`
	Height     Side  `json:"height,omitempty"`
	Blurhash   Text  `json:"blurhash,omitempty"`
	FocalPoint Focus `json:"focalPoint,omitzero"`
	Preview    ID    `json:"preview,omitempty"` // a picture of a video
}

// IsFile says that it is not just a link to a page.
func (a Attachment) IsFile() bool { return a.Type != "Link" || a.Kind() != "" }

// UnmarshalJSON takes an object or the address alone. Alternative text is in
// summary, else in name, as Mastodon and GoToSocial read it (interop §3.1); the
// address in url or href, as a link or as one of the addresses of a list. It never fails
// on well-formed JSON.
func (a *Attachment) UnmarshalJSON(b []byte) error {
	var w struct {
		Type       Names     `json:"type"`
		MediaType  Text      `json:"mediaType"`
		URL        addresses `json:"url"`
		Href       addresses `json:"href"`
		Name       Text      `json:"name"`
		Summary    Text      `json:"summary"`
		Width      Side      `json:"width"`
		Height     Side      `json:"height"`
		Blurhash   Text      `json:"blurhash"`
		FocalPoint Focus     `json:"focalPoint"`
		Preview    addresses `json:"preview"`
		Icon       addresses `json:"icon"`
	}
	*a = Attachment{}
	eachValue(b, func(v json.RawMessage) bool { b = v; return false }) // the first of a list
	if len(b) > 0 && b[0] == '"' {
		a.URL = IDs{shortID(NewCursor(b).Text())}
		return nil
	}
	if json.Unmarshal(b, &w) != nil {
		return nil
	}
	*a = Attachment{Type: Text(w.Type.First()), MediaType: w.MediaType, Name: w.Summary, Width: w.Width, Height: w.Height,
		Blurhash: blurhash(w.Blurhash), FocalPoint: w.FocalPoint, Preview: append(w.Preview, w.Icon...).largest().Href}
	if a.Name == "" {
		a.Name = w.Name
	}
	for _, l := range append(w.URL, w.Href...) {
		a.URL = append(a.URL, l.Href)
	}
	if a.MediaType == "" && len(w.URL) > 0 {
		a.MediaType = w.URL[0].MediaType
	}
	return nil
}

// Kind is what a file is: "image", "video" or "audio" by its media type, its own
// type or, last, the end of its address; else "" for any other.
func (a Attachment) Kind() string {
	for kind, endings := range map[string]string{"image": ".jpg.jpeg.png.gif.webp.avif.", "video": ".mp4.webm.mov.m4v.ogv.", "audio": ".mp3.ogg.oga.opus.flac.m4a.wav."} {
		_, isOf := strings.CutPrefix(string(a.MediaType), kind+"/")
		if isOf || a.MediaType == "" && (strings.EqualFold(string(a.Type), kind) || strings.Contains(endings, ending(a.URL.First())+".")) {
			return kind
		}
	}
	return ""
}

// ending is that of the last name in an address (".jpg"), else "none".
func ending(id ID) string {
	u, err := id.URL()
	if err != nil {
		return "none"
	}
	if dot := strings.LastIndexByte(u.Path, '.'); dot > strings.LastIndexByte(u.Path, '/') {
		return strings.ToLower(u.Path[dot:])
	}
	return "none"
}

// files keeps the first ones that have an http address, with a description in plain
// text that is no longer than a page.
func files(as List[Attachment]) List[Attachment] {
	var kept List[Attachment]
	for _, a := range head(as, limits.Entries) {
		if _, err := a.URL.First().URL(); err != nil {
			continue
		}
		if _, err := a.Preview.URL(); err != nil {
			a.Preview = ""
		}
		a.Name, a.URL = cut(Text(PlainText(string(cut(a.Name, 2*limits.Description)))), limits.Description), a.URL[:1]
		kept = append(kept, a)
	}
	return kept
}

// Side is a number of pixels, 0 when it is unknown or absurd.
type Side int

// UnmarshalJSON never fails on well-formed JSON.
func (s *Side) UnmarshalJSON(b []byte) error {
	var f float64
	if json.Unmarshal(b, &f) != nil || f < 0 || f > limits.PictureSide {
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

// blurhash is a blurred picture in digits of base 83, else "".
func blurhash(t Text) Text {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
	if len(t) < 6 || len(t) > limits.Blurhash || strings.Trim(string(t), digits) != "" {
		return ""
	}
	return t
}
