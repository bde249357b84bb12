package mastodon

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"strings"

	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// spoken is the version of Mastodon whose API this is: clients decide by it what
// to ask for. 4.2 has editing, and not yet the grouped notifications of 4.3.
const spoken = "4.2.0"

const description = "People of several companies work together here. Each company runs its own Entente."

func (a *API) versionText() string { return spoken + " (compatible; Entente " + a.version + ")" }

// streaming is where the streaming API is; clients add its path.
func (a *API) streaming() string {
	return "ws" + strings.TrimPrefix(a.house.URL, "http") // https: wss
}

func (a *API) blankURL() string { return a.house.URL + "/api/blank.png" }

func (a *API) instance(context.Context, store.Viewer, api.None) (entity.Instance, error) {
	blank := a.blankURL()
	i := entity.Instance{
		Domain: a.house.Host, Title: a.house.Host, Version: a.versionText(), SourceURL: a.house.URL + "/", Description: description,
		Thumbnail: entity.Thumbnail{URL: blank, Versions: map[string]string{"@1x": blank, "@2x": blank}},
		Icon:      []any{}, Rules: []any{}, Languages: []string{"en", "fr"},
	}
	i.Configuration.Configuration = entity.NewConfiguration()
	i.Configuration.URLs.Streaming = a.streaming()
	return i, nil
}

func (a *API) instanceV1(context.Context, store.Viewer, api.None) (entity.InstanceV1, error) {
	blank := a.blankURL()
	i := entity.InstanceV1{
		URI: a.house.Host, Title: a.house.Host, ShortDescription: description, Description: description,
		Version: a.versionText(), Languages: []string{"en", "fr"}, Thumbnail: &blank, Rules: []any{},
		Configuration: entity.NewConfiguration(),
	}
	i.URLs.StreamingAPI = a.streaming()
	return i, nil
}

// blankPicture is shown for those who have none.
func (a *API) blankPicture(context.Context, store.Viewer, api.None) (api.File, error) {
	return api.File{Type: "image/png", Content: a.blank}, nil
}

func blankPicture() []byte {
	grey := image.NewPaletted(image.Rect(0, 0, 120, 120), color.Palette{color.Gray{0xc8}})
	var b bytes.Buffer
	_ = png.Encode(&b, grey) // into memory: cannot fail
	return b.Bytes()
}
