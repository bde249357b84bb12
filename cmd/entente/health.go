package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// healthCommand is "entente health", for the health check of a container, which
// has no curl.
func (p *program) healthCommand() *cobra.Command {
	cmd := p.command("health", "Ask a running instance whether it is alive",
		"Asks /healthz at ENTENTE_LISTEN, and fails if that does not answer.",
		`  HEALTHCHECK CMD ["entente", "health"]`)
	cmd.Hidden = true
	addSettings(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := p.settle(cmd)
		if err != nil {
			return err
		}
		ctx, done := context.WithTimeout(cmd.Context(), 3*time.Second)
		defer done()
		return alive(ctx, c.Listen)
	}
	return cmd
}

func alive(ctx context.Context, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	resp, err := new(http.Transport).RoundTrip(r)
	if err != nil {
		return fmt.Errorf("nothing answers at %s: %w", listen, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", listen, resp.Status)
	}
	return nil
}

const (
	healthPattern = "GET /healthz"
	readyPattern  = "GET /readyz"
)

// checks are what must be so for an instance to be ready, by name.
type checks map[string]func(context.Context) error

// Routes adds /healthz, which says that the process lives, and /readyz, which
// says whether it can work, with each check.
func (c checks) Routes(mux *http.ServeMux) {
	mux.HandleFunc(healthPattern, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	mux.HandleFunc(readyPattern, func(w http.ResponseWriter, r *http.Request) {
		ctx, done := context.WithTimeout(r.Context(), 2*time.Second)
		defer done()
		status, word, found := http.StatusOK, "ready", map[string]string{}
		for name, check := range c {
			found[name] = "ok"
			if check(ctx) != nil { // why is for the log of whoever failed, not for strangers
				status, word, found[name] = http.StatusServiceUnavailable, "not ready", "failing"
			}
		}
		writeJSON(w, status, map[string]any{"status": word, "checks": found})
	})
}

// checks are those of the database.
func (i *instance) checks() checks {
	return checks{
		"database": i.db.Ping,
		"migrations": func(ctx context.Context) error {
			steps, _, err := i.pending(ctx)
			if err == nil && len(steps) > 0 {
				err = errors.New("the schema is behind")
			}
			return err
		},
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
}
