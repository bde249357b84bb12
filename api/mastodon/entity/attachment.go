package entity

import (
	"cmp"
	"fmt"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Attachment is a file of a status.
type Attachment struct {
	ID               string  `json:"id"`
	Type             string  `json:"type"` // image, video, audio, unknown
	URL              string  `json:"url"`
	PreviewURL       string  `json:"preview_url"`
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

// NewAttachments shows the files of a note that have an http address; they stay
// where they are.
func NewAttachments(n store.Note) []Attachment {
	shown := []Attachment{}
	for i, a := range n.Files() {
		u, err := a.URL.First().URL()
		if err != nil {
			continue
		}
		at := u.String()
		file := Attachment{
			ID: fmt.Sprintf("%d%02d", n.Key, i), Type: cmp.Or(a.Kind(), "unknown"), URL: at, PreviewURL: at,
			RemoteURL: &at, Description: orNull(activity.PlainText(string(a.Name))), Blurhash: orNull(a.Blurhash), Meta: newMeta(a),
		}
		if p, err := a.Preview.URL(); err == nil {
			preview := p.String()
			file.PreviewURL, file.PreviewRemoteURL = preview, &preview
		}
		shown = append(shown, file)
	}
	return shown
}

func newMeta(a activity.Attachment) (m Meta) {
	if w, h := int(a.Width), int(a.Height); w > 0 && h > 0 {
		m.Original = &Size{w, h, fmt.Sprintf("%dx%d", w, h), float64(w) / float64(h)}
	}
	if a.FocalPoint != (activity.Focus{}) {
		m.Focus = &Focus{a.FocalPoint.X, a.FocalPoint.Y}
	}
	return m
}
