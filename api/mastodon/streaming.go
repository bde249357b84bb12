package mastodon

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/store"
)

// Live says what happens, while it happens.
type Live interface {
	// Hear gives what concerns a reader, or everybody, until the function that it
	// returns is called. The channel is closed when no more will come.
	Hear(reader store.Key) (<-chan store.Live, func(), error)
}

const (
	// streamBeat is how often a quiet stream shows that it is alive, and makes sure
	// that its reader still may. Proxies hang up after 30 s or more.
	streamBeat = 15 * time.Second
	// streamPatience is how long a client may take to accept one event.
	streamPatience = 5 * time.Second
)

// wire is how events reach a client: server-sent events or a WebSocket.
type wire interface {
	streams() []string // that the client wants now
	say(ctx context.Context, stream, event, payload string) error
	beat(ctx context.Context) error
}

func streamHealth(context.Context, store.Viewer, api.None) (api.Stream, error) {
	return func(w http.ResponseWriter, _ *http.Request, _ api.Who) error {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("OK")) // the client may have gone
		return nil
	}, nil
}

// stream tells a client what happens until it goes, or may not hear it any more.
// That is asked before each event is read, so that none comes after a lock, a
// suspension or a revocation; those are events themselves.
func (a *API) stream(ctx context.Context, who api.Who, events <-chan store.Live, to wire) {
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for {
		e := store.Live{Kind: store.LiveCheck}
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		case heard, ok := <-events:
			if !ok {
				return
			}
			e = heard
		}
		me, err := who(ctx)
		if err == nil {
			err = a.tell(ctx, me, e, to)
		}
		if err != nil {
			if activity.KindOf(err) == activity.Internal && ctx.Err() == nil {
				a.log.DebugContext(ctx, "stream ended", "err", err) // most often the client has gone
			}
			return
		}
	}
}

// tell says on each stream that the client wants what the event means there.
func (a *API) tell(ctx context.Context, me store.Viewer, e store.Live, to wire) error {
	if e.Kind == store.LiveCheck {
		return to.beat(ctx)
	}
	for _, name := range to.streams() {
		payload, err := a.payload(ctx, me, e, name)
		if activity.KindOf(err) == activity.NotFound {
			continue // gone again, or not for this reader
		}
		if err == nil && payload != "" {
			err = to.say(ctx, name, e.Kind, payload)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// payload is what an event means on a stream for this viewer, at this moment: the
// same reads as of the pages, and so the same predicate, decide. It is "" when
// it is none of the stream's business.
func (a *API) payload(ctx context.Context, me store.Viewer, e store.Live, stream string) (string, error) {
	isPublic := stream == "public" || stream == "public:local"
	switch {
	case isPublic != (e.Reader == 0):
		return "", nil
	case e.Kind == store.LiveNotification && me.May("read:notifications"):
		return asJSON(a.notification(ctx, me, notificationPath{ID: e.Key}))
	case stream == "user:notification" || e.Kind == store.LiveNotification || !me.May("read:statuses"):
		return "", nil
	case e.Kind == store.LiveDelete:
		return e.Key.String(), nil
	}
	entry, err := a.happened(ctx, me, e, stream == "public:local")
	if err != nil {
		return "", err
	}
	return asJSON(a.status(ctx, me, entry))
}

// happened is the entry or note that an event is about, or NotFound.
func (a *API) happened(ctx context.Context, me store.Viewer, e store.Live, local bool) (store.Entry, error) {
	var found []store.Entry
	var err error
	this := store.Page{After: e.Key - 1, Before: e.Key + 1, Limit: 1}
	switch {
	case e.Kind == store.LiveEdit:
		n, err := a.db.VisibleNote(ctx, e.Key, me.Reader())
		if err == nil && local && !n.Local {
			err = activity.ErrNotFound()
		}
		return store.Entry{Key: n.Key, Note: n}, err
	case e.Reader == 0:
		found, err = a.db.PublicWall(ctx, local, me.Reader(), this)
	default:
		found, err = a.db.Home(ctx, me.Actor.Key, this)
	}
	if err == nil && len(found) == 0 {
		err = activity.ErrNotFound()
	}
	if err != nil {
		return store.Entry{}, err
	}
	return found[0], nil
}

func asJSON(v any, err error) (string, error) {
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(v)
	return string(b), err
}
