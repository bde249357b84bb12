package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// asset is a file that is the same for everyone.
type asset struct {
	name    string
	content []byte
	version string
}

const stylePath, iconPath = "/style.css", "/favicon.svg"

func readAssets() (map[string]asset, error) {
	found := map[string]asset{}
	for _, p := range []string{stylePath, iconPath} {
		content, err := assetFiles.ReadFile("assets" + p)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		found[p] = asset{name: path.Base(p), content: content, version: hex.EncodeToString(sum[:8])}
	}
	return found, nil
}

// style is the address of the stylesheet, a new one for each version of it.
func (w *Web) style() string { return stylePath + "?v=" + w.assets[stylePath].version }

// ServeHTTP serves the file: under the address of this version for ever.
func (a asset) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	life := "no-cache"
	if r.URL.Query().Get("v") == a.version {
		life = "public, max-age=31536000, immutable"
	}
	rw.Header().Set("Cache-Control", life)
	rw.Header().Set("ETag", `"`+a.version+`"`)
	http.ServeContent(rw, r, a.name, time.Time{}, bytes.NewReader(a.content))
}
