package server

import (
	"bytes"
	"net/http"
	"strconv"

	"entente.example/entente/activity"
	"entente.example/entente/federation/media"
	"entente.example/entente/store"
)

// media serves the pictures, to two kinds of readers: a partner's server, whose request
// is signed like any other, and one of our people's browsers or clients, whose address
// of it is a link of our making (see media.Links). Both get what they may see now.
//
// What is served is always a picture that we have drawn (interop §7 rows 2, 13), said to
// be nothing else, and a page of no kind: no script, no frame, no plugin.
func (s *Server) media(w http.ResponseWriter, r *http.Request, route Route) error {
	f, err := s.picture(r, route)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", "private, max-age=3600") // it never changes under this address
	h.Set("Content-Type", f.Type)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Disposition", "inline; filename="+map[string]string{"image/png": "picture.png", "image/jpeg": "picture.jpg"}[f.Type])
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if media.IsLink(r.URL.Query()) { // pages of web clients show it, wherever they come from
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	http.ServeContent(w, r, "", f.At, bytes.NewReader(f.Content))
	return nil
}

// picture is the one that a path names: one of ours by its key, or by the key of a
// partner's note and its place there, which only our own people may ask for.
func (s *Server) picture(r *http.Request, route Route) (media.File, error) {
	ctx, all := r.Context(), s.engine.Media()
	who, err := s.onlooker(r, route)
	if err != nil {
		return media.File{}, err
	}
	key, err := store.ParseKey(r.PathValue("key"))
	if err != nil {
		return media.File{}, err
	}
	if r.PathValue("n") == "" {
		return all.Own(ctx, key, who)
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || !media.IsLink(r.URL.Query()) {
		return media.File{}, activity.ErrNotFound()
	}
	return all.Remote(ctx, key, n, who)
}

// onlooker is who looks at a picture.
func (s *Server) onlooker(r *http.Request, route Route) (store.Reader, error) {
	if media.IsLink(r.URL.Query()) {
		return s.linked(r)
	}
	asker, err := s.asker(r, route)
	if err != nil {
		return store.Reader{}, err
	}
	return s.reader(r.Context(), asker)
}
