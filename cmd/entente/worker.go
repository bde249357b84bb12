package main

import (
	"log/slog"

	"github.com/spf13/cobra"
)

// workerCommand is "entente worker".
func (p *program) workerCommand() *cobra.Command {
	cmd := p.command("worker", "Only do the work: deliver and take in",
		`Runs only the worker: it delivers to partners what our people do and takes in what
partners have sent. Any number of them may run beside any number of 'entente serve
--no-worker', on the same database and queue. /healthz, /readyz and the metrics
are at ENTENTE_METRICS_LISTEN.`,
		`  env $(cat acme.env) entente worker --metrics-listen 127.0.0.1:9090`)
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
		return operate(ctx, c, log, (*operation).addWorker)
	}
	return cmd
}
