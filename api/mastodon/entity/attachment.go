package entity

import (
	"fmt"
	"strings"

	"entente.example/entente/store"
)

// Attachment is a file of a status.
type Attachment struct {
	ID               string   `json:"id"`
	Type             string   `json:"type"` // image, video, audio, unknown
	URL              string   `json:"url"`
	PreviewURL       string   `json:"preview_url"`
	RemoteURL        *string  `json:"remote_url"`
	PreviewRemoteURL *string  `json:"preview_remote_url"`
	TextURL          *string  `json:"text_url"`
	Meta             struct{} `json:"meta"`
	Description      *string  `json:"description"`
	Blurhash         *string  `json:"blurhash"`
}

// NewAttachments shows the files of a note that have an http address; they stay
// where they are.
func NewAttachments(n store.Note) []Attachment {
	shown := []Attachment{}
	for i, a := range n.Attachment {
		u, err := a.URL.First().URL()
		if err != nil {
			continue
		}
		at := u.String()
		shown = append(shown, Attachment{
			ID: fmt.Sprintf("%d%02d", n.Key, i), Type: kind(string(a.MediaType), string(a.Type)), URL: at, PreviewURL: at,
			RemoteURL: &at, Description: orNull(a.Name),
		})
	}
	return shown
}

// kind goes by the media type, else by the type of the object.
func kind(mediaType, objectType string) string {
	for _, k := range []string{"image", "video", "audio"} {
		if strings.HasPrefix(mediaType, k+"/") || mediaType == "" && strings.EqualFold(objectType, k) {
			return k
		}
	}
	return "unknown"
}
