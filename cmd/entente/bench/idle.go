package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"entente.example/entente/worker/broker"
)

// idle: an instance of ten people that does nothing, with its database and its queue
// elsewhere and with the queue in it. What counts is what it holds after a while.
func idle(ctx context.Context, r *run) error {
	h, err := r.staffed(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	outside, stop, err := h.queue()
	if err != nil {
		return err
	}
	defer stop()
	for _, with := range []struct {
		what     string
		settings []string
		most     float64
	}{
		{"memory, Postgres and NATS outside", []string{outside}, 50},
		{"memory, NATS embedded", nil, 80},
	} {
		p, err := h.launch(ctx, append(with.settings, "ENTENTE_DATABASE_URL="+h.given)...)
		if err != nil {
			return err
		}
		while := or(r.Delay, 20*time.Second)
		r.say("%s: looking at it for %v", with.what, while)
		select {
		case <-ctx.Done():
			p.stop()
			return context.Cause(ctx)
		case <-time.After(while):
		}
		now := memory(p.pid(), "VmRSS")
		p.stop()
		if now == 0 {
			r.note(with.what+": not measured, for there is no /proc", 0, "")
			continue
		}
		r.most(with.what, now, "MiB", with.most)
	}
	return nil
}

// start: how long from the start of the process until it is ready, on a database that is
// there.
func start(ctx context.Context, r *run) error {
	h, err := r.staffed(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	outside, stop, err := h.queue()
	if err != nil {
		return err
	}
	defer stop()
	rounds := or(r.Rounds, 5)
	took, err := h.starts(ctx, rounds, outside, "ENTENTE_DATABASE_URL="+h.given)
	if err != nil {
		return err
	}
	r.most("start to ready, Postgres and NATS outside (median)", took, "ms", 150)
	if took, err = h.starts(ctx, rounds, "ENTENTE_DATABASE_URL="+h.given); err != nil {
		return err
	}
	r.most("start to ready, Postgres outside, NATS embedded (median)", took, "ms", 150)
	if h.pg == nil { // it is given, and not ours to stop
		return nil
	}
	if err := h.pg.Stop(); err != nil { // its own Postgres, from the same folder
		return err
	}
	if took, err = h.starts(ctx, rounds); err != nil {
		return err
	}
	r.most("start to ready, everything embedded (median)", took, "ms", 1500)
	return nil
}

// starts is the median of some starts, in ms.
func (h *house) starts(ctx context.Context, rounds int, settings ...string) (float64, error) {
	var all []float64
	for range rounds {
		p, err := h.launch(ctx, settings...)
		if err != nil {
			return 0, err
		}
		p.stop()
		all = append(all, ms(p.ready))
	}
	h.say("ready after %.0f ms", median(all))
	return median(all), nil
}

// staffed is a house with ten people.
func (r *run) staffed(ctx context.Context) (*house, error) {
	h, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	for n := range 10 {
		if _, err := h.hire(ctx, fmt.Sprintf("somebody%d", n)); err != nil {
			h.close()
			return nil, err
		}
	}
	return h, nil
}

// queue is a NATS server that is not in the program, but in this process.
func (h *house) queue() (setting string, stop func(), err error) {
	s, err := broker.Start(filepath.Join(h.dir, "outside"))
	if err != nil {
		return "", nil, err
	}
	return "ENTENTE_NATS_URL=" + s.URL(), s.Stop, nil
}
