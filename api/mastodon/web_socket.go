package mastodon

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/store"
)

// maxCommand is how long a message of a client may be, in bytes.
const maxCommand = 4 << 10

type streamQuery struct {
	Stream string `param:"stream"`
}

// webSocket is any number of streams over one WebSocket (RFC 6455): the one of the
// address, and those that the client asks for later.
func (a *API) webSocket(_ context.Context, me store.Viewer, in streamQuery) (api.Stream, error) {
	s := &webSocket{}
	if in.Stream != "" && !s.want(command{"subscribe", in.Stream}) {
		return nil, activity.Refuse(activity.NotFound, "no_such_stream", "there is no stream of this name")
	}
	return func(w http.ResponseWriter, r *http.Request, who api.Who) error {
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			return activity.Refuse(activity.Invalid, "needs_websocket", "open this address as a WebSocket, or the streams below it with GET")
		}
		events, end, err := a.live.Hear(me.Actor.Key)
		if err != nil {
			return err
		}
		defer end()
		// Pages of every site may connect, as they may call the API: see share.
		s.conn, err = websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: []string{"*"}, Subprotocols: websocketProtocols(r)})
		if err != nil {
			return nil // Accept has answered
		}
		defer s.conn.CloseNow()
		s.conn.SetReadLimit(maxCommand)
		ctx, stop := context.WithCancel(r.Context())
		defer stop()
		go func() {
			defer stop() // the client has gone
			a.door.Beside(ctx, func() { s.obey(ctx) })
		}()
		a.stream(ctx, who, events, s)
		return s.hangUp()
	}, nil
}

// websocketProtocols are what the client offers: a browser that sends its token
// so wants it back.
func websocketProtocols(r *http.Request) []string {
	if token := r.Header.Get("Sec-WebSocket-Protocol"); token != "" {
		return []string{token}
	}
	return nil
}

type webSocket struct {
	conn  *websocket.Conn
	mu    sync.Mutex
	names []string
}

// command is what a client sends.
type command struct {
	Type   string `json:"type"`
	Stream string `json:"stream"`
}

// obey takes commands until the connection ends.
func (s *webSocket) obey(ctx context.Context) {
	for {
		_, message, err := s.conn.Read(ctx)
		if err != nil {
			return
		}
		var c command
		if json.Unmarshal(message, &c) == nil && s.want(c) {
			continue
		}
		if s.write(ctx, map[string]any{"error": "there is no such command or stream", "status": http.StatusBadRequest}) != nil {
			return
		}
	}
}

// want changes what the client hears; false: it asks for what there is not.
func (s *webSocket) want(c command) bool {
	known := []string{"user", "user:notification", "public", "public:local"}
	s.mu.Lock()
	defer s.mu.Unlock()
	others := slices.DeleteFunc(slices.Clone(s.names), func(name string) bool { return name == c.Stream })
	switch {
	case !slices.Contains(known, c.Stream):
		return false
	case c.Type == "subscribe":
		s.names = append(others, c.Stream)
	case c.Type == "unsubscribe":
		s.names = others
	default:
		return false
	}
	return true
}

func (s *webSocket) streams() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names
}

// say wraps the payload as a string in JSON, as Mastodon does.
func (s *webSocket) say(ctx context.Context, stream, event, payload string) error {
	return s.write(ctx, map[string]any{"stream": []string{stream}, "event": event, "payload": payload})
}

func (s *webSocket) write(ctx context.Context, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	ctx, done := context.WithTimeout(ctx, streamPatience)
	defer done()
	return s.conn.Write(ctx, websocket.MessageText, b)
}

func (s *webSocket) beat(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, streamPatience)
	defer done()
	return s.conn.Ping(ctx)
}

// hangUp says good-bye; whether the client hears it is no matter.
func (s *webSocket) hangUp() error {
	_ = s.conn.Close(websocket.StatusGoingAway, "connect again with a valid token")
	return nil
}
