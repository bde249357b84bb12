package mastodon

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/api"
	"entente.example/entente/federation/export"
	"entente.example/entente/store"
)

// exportGroup streams what our company has of a group, as a tar, to who looks after it.
func (a *API) exportGroup(ctx context.Context, me store.Viewer, in accountPath) (api.Stream, error) {
	group, err := a.group(ctx, me, in.ID)
	if err == nil {
		err = a.engine.MayExport(ctx, me.Actor, group)
	}
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request, who api.Who) error {
		end, err := a.engine.BeginExport(me.Actor)
		if err != nil {
			return err
		}
		defer end()
		ctx, cancel := context.WithTimeout(store.By(r.Context(), a.engine.Handle(me.Actor)), limits.ExportTime)
		defer cancel()
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Time{}) // the server's is for a request that ends
		to := &exporting{Tar: export.NewTar(slow{w, control}), head: w.Header(), may: func() error { return a.mayStill(ctx, who, group) }}
		_, err = a.engine.ExportGroup(ctx, group, to, nil)
		if err == nil {
			err = to.Done()
		}
		if err == nil || !to.begun {
			return err
		}
		if activity.KindOf(err) == activity.Internal && ctx.Err() == nil && !errors.Is(err, errTaker) {
			a.log.ErrorContext(ctx, "an export failed", "group", group.ID, "err", err)
		}
		panic(http.ErrAbortHandler) // a part has gone out: only so does the client learn that the rest is missing
	}, nil
}

// mayStill asks again, since an export takes a while: somebody who is locked or moderates
// no more gets no further file.
func (a *API) mayStill(ctx context.Context, who api.Who, group store.Actor) error {
	me, err := who(ctx)
	if err == nil {
		err = a.engine.MayExport(ctx, me.Actor, group)
	}
	return err
}

// exporting is a tar whose reader may be shut out meanwhile.
type exporting struct {
	export.Tar
	head  http.Header
	may   func() error
	begun bool
}

func (e *exporting) Put(name string, content []byte) error {
	if err := e.may(); err != nil {
		return err
	}
	if !e.begun {
		e.head.Set("Content-Type", "application/x-tar")
		e.head.Set("Content-Disposition", `attachment; filename="group.tar"`)
		e.begun = true
	}
	return e.Tar.Put(name, content)
}

// errTaker is that the client is gone, or takes nothing.
var errTaker = errors.New("the client does not take what it asked for")

// slow writes to a client that may take its time, and gives up on one that takes nothing.
type slow struct {
	to      io.Writer
	control *http.ResponseController
}

func (s slow) Write(b []byte) (n int, err error) {
	const chunk = 64 << 10 // what a slow line takes in a minute
	for len(b) > 0 && err == nil {
		var now int
		if err = s.control.SetWriteDeadline(time.Now().Add(limits.ResponseTime)); err == nil {
			now, err = s.to.Write(b[:min(len(b), chunk)])
		}
		n, b = n+now, b[now:]
	}
	if err != nil {
		err = errors.Join(errTaker, err)
	}
	return n, err
}
