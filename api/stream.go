package api

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Stream is an Out that goes on for as long as it likes. It writes the answer
// itself; its error is answered like any other, so it comes before anything is
// written.
type Stream func(w http.ResponseWriter, r *http.Request, who Who) error

// Who asks again who has made the request and whether they still may: a token
// ends, a member is locked, while a stream goes on.
type Who func(context.Context) (store.Viewer, error)

func (d Door) stream(s Stream, route Route, w http.ResponseWriter, r *http.Request) error {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case http.ErrAbortHandler:
			panic(cause)
		default: // a part of the answer has gone out: all we can do is hang up
			d.Survived()
			d.Log.ErrorContext(r.Context(), "stream failed", "path", r.URL.Path, "err", fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
			panic(http.ErrAbortHandler)
		}
	}()
	return s(w, r, func(ctx context.Context) (store.Viewer, error) { return d.admitted(ctx, route.Policy, r) })
}

// Beside does what goes on beside a stream, in a goroutine of its own: a panic there ends
// that, and not the program.
func (d Door) Beside(ctx context.Context, do func()) {
	defer func() {
		if cause := recover(); cause != nil {
			d.Survived()
			d.Log.ErrorContext(ctx, "stream failed", "err", fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
		}
	}()
	do()
}

// admitted is who asks, if the policy lets them.
func (d Door) admitted(ctx context.Context, p Policy, r *http.Request) (store.Viewer, error) {
	v, err := d.viewer(ctx, p, r)
	if err == nil {
		err = p.admit(v)
	}
	return v, err
}

// streamToken is the token of a browser's EventSource or WebSocket, which can
// send no Authorization: in the address, or as the subprotocol.
func streamToken(r *http.Request) string {
	if token := r.URL.Query().Get("access_token"); token != "" {
		return token
	}
	return r.Header.Get("Sec-WebSocket-Protocol")
}

func errNoToken() error {
	return activity.Refuse(activity.Unauthenticated, "no_token", "send an access token in the header Authorization: Bearer ...")
}
