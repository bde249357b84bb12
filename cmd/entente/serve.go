package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/spf13/cobra"

	"entente.example/entente/api/mastodon"
	"entente.example/entente/api/oauth"
	"entente.example/entente/api/partners"
	"entente.example/entente/federation/limit"
	"entente.example/entente/federation/server"
	"entente.example/entente/web"
	"entente.example/entente/worker/live"
)

// serveCommand is "entente serve".
func (p *program) serveCommand() *cobra.Command {
	cmd := p.command("serve", "Run this instance",
		`Runs this instance: the pages, the client API and federation, and the worker that
delivers and takes in, unless --no-worker leaves that to 'entente worker'. Without
ENTENTE_DATABASE_URL and ENTENTE_NATS_URL it brings its own Postgres and queue.
SIGTERM or Ctrl-C stops it within five seconds, a second one at once.`,
		`  # behind a proxy that does TLS for https://acme.example
  ENTENTE_HOST=acme.example entente serve --data /var/lib/entente

  # one of several, with the work done elsewhere
  env $(cat acme.env) entente serve --no-worker`)
	noWorker := cmd.Flags().Bool("no-worker", false, "leave the work to 'entente worker'")
	untilInputEnds := p.untilInputEnds(cmd)
	addSettings(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := p.settle(cmd)
		if err != nil {
			return err
		}
		ctx, stop := untilInputEnds()
		defer stop()
		log := newLog(p.errs, c, slog.LevelDebug)
		slog.SetDefault(log)
		return serve(ctx, c, log, !*noWorker)
	}
	return cmd
}

// untilInputEnds gives cmd a hidden flag that stops it when its input ends, for a
// program that starts it and must not leave it behind, however it ends itself.
func (p *program) untilInputEnds(cmd *cobra.Command) func() (context.Context, context.CancelFunc) {
	const name = "until-input-ends"
	asked := cmd.Flags().Bool(name, false, "stop when standard input ends")
	_ = cmd.Flags().MarkHidden(name) // it is there
	return func() (context.Context, context.CancelFunc) {
		ctx, stop := context.WithCancel(cmd.Context())
		if *asked {
			go func() {
				_, _ = io.Copy(io.Discard, p.in) // the end is all we wait for
				stop()
			}()
		}
		return ctx, stop
	}
}

// serve runs an instance until ctx ends. The address is opened first: a port in
// use is found before anything has been started.
func serve(ctx context.Context, c Config, log *slog.Logger, withWorker bool) error {
	l, err := listen(ctx, c.Listen, "ENTENTE_LISTEN")
	if err != nil {
		return err
	}
	defer l.Close()
	return operate(ctx, c, log, func(o *operation) error {
		if withWorker {
			if err := o.addWorker(); err != nil {
				return err
			}
		}
		mux, err := o.routes(o.addLive(), o.metrics.defect)
		if err != nil {
			return err
		}
		o.ready.Routes(mux)
		o.addHTTP(l, behindProxies(outermost(traced(mux, o.tracer), log, o.metrics), c.TrustedProxies))
		return nil
	})
}

// routes is everything that an instance answers: other servers, client
// programs, and people. defect is told which of them has panicked.
func (i *instance) routes(hub *live.Hub, defect func(entry string)) (*http.ServeMux, error) {
	mux, house, number, paces := http.NewServeMux(), i.service.House, buildVersion().Number, limit.New()
	others := server.New(i.service, number, i.log)
	others.Usage, others.Defect, others.Paces = i.UsageCounts, func() { defect("federation") }, paces
	others.Routes(mux)
	sign, clients := oauth.New(house, i.db, i.log), mastodon.New(house, i.db, i.service, number, hub, i.log)
	sign.Defect, clients.Defect = func() { defect("api") }, func() { defect("api") }
	admins := partners.New(i.service, i.log)
	admins.Defect = sign.Defect
	sign.Paces, clients.Paces, admins.Paces = paces, paces, paces
	sign.Routes(mux)
	clients.Routes(mux)
	admins.Routes(mux)
	pages, err := web.New(house, i.db, i.service, i.log)
	if err != nil {
		return nil, err
	}
	pages.Defect, pages.Paces = func() { defect("web") }, paces
	if i.OIDCIssuer != "" {
		pages.Provider = &web.Provider{Issuer: i.OIDCIssuer, ClientID: i.OIDCClientID, Secret: i.OIDCSecret, Client: i.client.Errands()}
	}
	pages.Routes(mux)
	return mux, nil
}
