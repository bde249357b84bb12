package mastodon

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"entente.example/entente/api"
	"entente.example/entente/store"
)

// serverSent is a stream as server-sent events (HTML Living Standard §9.2).
func (a *API) serverSent(name string) func(context.Context, store.Viewer, api.None) (api.Stream, error) {
	return func(_ context.Context, me store.Viewer, _ api.None) (api.Stream, error) {
		return func(w http.ResponseWriter, r *http.Request, who api.Who) error {
			events, end, err := a.live.Hear(me.Actor.Key)
			if err != nil {
				return err
			}
			defer end()
			h := w.Header()
			h.Set("Content-Type", "text/event-stream; charset=utf-8")
			h.Set("X-Accel-Buffering", "no") // nginx would keep events for later
			to := serverSent{name: name, to: w, control: http.NewResponseController(w)}
			_ = to.control.SetReadDeadline(time.Time{}) // the server's is for a request that ends
			if to.beat(r.Context()) == nil {
				a.stream(r.Context(), who, events, to)
			}
			return nil
		}, nil
	}
}

type serverSent struct {
	name    string
	to      io.Writer
	control *http.ResponseController
}

func (s serverSent) streams() []string { return []string{s.name} }

func (s serverSent) say(_ context.Context, _, event, payload string) error {
	return s.write("event: " + event + "\ndata: " + payload + "\n\n")
}

// beat is a comment, which clients pass over.
func (s serverSent) beat(context.Context) error { return s.write(":)\n") }

func (s serverSent) write(text string) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(streamPatience)); err != nil {
		return err
	}
	if _, err := io.Copy(s.to, strings.NewReader(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
