package entity

import (
	"fmt"

	"entente.example/entente/activity"
	"entente.example/entente/federation/media"
	"entente.example/entente/store"
)

// Attachment is a file of a status, or one that waits to be.
type Attachment struct {
	ID               string  `json:"id"`
	Type             string  `json:"type"` // image, or unknown: nothing to show
	URL              string  `json:"url"`
	PreviewURL       *string `json:"preview_url"`
	RemoteURL        *string `json:"remote_url"`
	PreviewRemoteURL *string `json:"preview_remote_url"`
	TextURL          *string `json:"text_url"`
	Meta             Meta    `json:"meta"`
	Description      *string `json:"description"`
	Blurhash         *string `json:"blurhash"`
}

// Meta is the size of a file, and the point that stays visible.
type Meta struct {
	Original *Size  `json:"original,omitempty"`
	Focus    *Focus `json:"focus,omitempty"`
}

// Size is in pixels.
type Size struct {
	Width  int     `json:"width"`
	Height int     `json:"height"`
	Size   string  `json:"size"` // 640x480
	Aspect float64 `json:"aspect"`
}

// Focus is a point, from -1 to 1 rightwards and upwards.
type Focus struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// NewAttachments shows the files of a note that have an http address. Pictures are shown
// from here, wherever they are, so that their host does not learn who looks at them and
// when; of anything else the address is all there is.
func NewAttachments(n store.Note, links media.Links) []Attachment {
	shown := []Attachment{}
	for i, a := range n.Files() {
		u, err := a.URL.First().URL()
		if err != nil {
			continue
		}
		at := u.String()
		file := Attachment{
			ID: fmt.Sprintf("%d%02d", n.Key, i), Type: "unknown", URL: at, RemoteURL: &at,
			Description: orNull(activity.PlainText(string(a.Name))), Blurhash: orNull(a.Blurhash), Meta: newMeta(int(a.Width), int(a.Height), a.FocalPoint),
		}
		if key, own := links.Key(n, i); own {
			file.ID, file.RemoteURL = key.String(), nil
		}
		if here := links.Of(n, i); here != "" {
			file.Type, file.URL, file.PreviewURL = "image", here, &here
		}
		shown = append(shown, file)
	}
	return shown
}

// NewMedia shows a picture that its owner has sent.
func NewMedia(m store.Media, links media.Links) Attachment {
	at := links.Own(m.Key)
	return Attachment{ID: m.Key.String(), Type: "image", URL: at, PreviewURL: &at, Description: orNull(m.Description), Blurhash: orNull(m.Blurhash),
		Meta: newMeta(m.Width, m.Height, activity.Focus{X: m.FocusX, Y: m.FocusY})}
}

func newMeta(w, h int, f activity.Focus) (m Meta) {
	if w > 0 && h > 0 {
		m.Original = &Size{w, h, fmt.Sprintf("%dx%d", w, h), float64(w) / float64(h)}
	}
	if f != (activity.Focus{}) {
		m.Focus = &Focus{f.X, f.Y}
	}
	return m
}
