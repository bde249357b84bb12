package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"entente.example/entente/store"
	"entente.example/entente/worker"
	"entente.example/entente/worker/broker"
)

// queueCommand is "entente queue".
func (p *program) queueCommand() *cobra.Command {
	cmd := p.group("queue", "See what waits to be done or delivered, and try again",
		`Shows what waits to be done or delivered, and how each host is doing. A host that
does not answer is down: what is for it waits in the database, and is sent when a
probe arrives. What was tried too often is dead: it is kept, and can be retried.`,
		`  entente queue status
  entente queue retry globex.example`,
		p.queueStatus(), p.queueParked(), p.queueShow(), p.queueRetry(), p.queueDead())
	addSettings(cmd.PersistentFlags())
	return cmd
}

func (p *program) queueStatus() *cobra.Command {
	cmd := p.command("status", "Show the queue and every host",
		`Shows how much waits, in the outbox and in JetStream, how fast each kind of job goes
and how many fail, and how each host is doing that this instance delivers to: those that
most waits for come first. WAITING counts what is in the queue for a host and what is
parked for it. Rates are those of about the last five minutes. What was given up is
kept for 90 days: 'entente queue dead'.`,
		`  entente queue status`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			for _, print := range []func(context.Context, *instance) error{p.printBacklog, p.printRates, p.printHosts} {
				if err := print(ctx, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return cmd
}

func (p *program) printBacklog(ctx context.Context, i *instance) error {
	backlog, err := i.db.Backlog(ctx)
	if err != nil {
		return err
	}
	waiting, dead, err := i.db.CountParked(ctx)
	if err != nil {
		return err
	}
	since := "on the way to the queue"
	if backlog.Waiting > 0 {
		since += ", the oldest since " + moment(backlog.Oldest)
	}
	rows := [][]string{{"outbox", fmt.Sprint(backlog.Waiting), since}}
	rows = append(rows, i.queueRows(ctx)...)
	rows = append(rows,
		[]string{"parked", fmt.Sprint(waiting), "wait for another try: 'entente queue parked'"},
		[]string{"dead", fmt.Sprint(dead), "were given up: 'entente queue dead'"})
	return table(p.out, "", []string{"WHERE", "JOBS", ""}, rows)
}

// queueRows are a line for each kind of job in JetStream, or one that says why
// that cannot be seen.
func (i *instance) queueRows(ctx context.Context) [][]string {
	status, err := i.queueStatus(ctx)
	if err != nil {
		return [][]string{{"queue", "?", err.Error()}}
	}
	var rows [][]string
	for _, s := range status {
		rows = append(rows, []string{"queue, " + s.Kind, fmt.Sprint(s.Waiting + s.Running), fmt.Sprintf("of which %d are running", s.Running)})
	}
	return rows
}

func (i *instance) queueStatus(ctx context.Context) (worker.QueueStatus, error) {
	url := cmp.Or(i.NATSURL, broker.URLOf(filepath.Join(i.Data, queueFolder)))
	if url == "" {
		return nil, errors.New("this instance is not running")
	}
	conn, js, err := broker.Connect(url)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	ctx, done := context.WithTimeout(ctx, 3*time.Second)
	defer done()
	for !conn.IsConnected() {
		select {
		case <-ctx.Done():
			return nil, errors.New("NATS does not answer")
		case <-time.After(10 * time.Millisecond):
		}
	}
	status, err := worker.Status(ctx, js)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, errors.New("no worker has run yet")
	}
	return status, err
}

func (p *program) printRates(ctx context.Context, i *instance) error {
	rates, err := i.db.Rates(ctx)
	if err != nil || len(rates) == 0 {
		return err
	}
	var rows [][]string
	for _, k := range rates {
		rows = append(rows, []string{k.Kind, perMinute(k.PerMinute), k.Mean.Round(100 * time.Microsecond).String(), perMinute(k.Failures)})
	}
	fmt.Fprintln(p.out)
	return table(p.out, "", []string{"KIND OF JOB", "PER MINUTE", "MEAN TIME", "FAILED PER MINUTE"}, rows)
}

func (p *program) printHosts(ctx context.Context, i *instance) error {
	lines, err := i.db.Lines(ctx, most)
	if err != nil {
		return err
	}
	now, rows := time.Now(), [][]string(nil)
	for _, l := range lines {
		host, state := l.Host.Host, stateOf(l, now)
		if host == "" {
			host, state = count(l.Hosts, "other", "others"), "-"
		}
		rows = append(rows, []string{host, state, fmt.Sprint(l.Waiting), fmt.Sprint(l.Parked), moment(l.Oldest), perMinute(l.PerMinute), moment(l.SucceededAt.Time), fmt.Sprint(l.Dropped), l.Reason})
	}
	fmt.Fprintln(p.out)
	return table(p.out, "Nothing has been delivered to anybody yet.",
		[]string{"HOST", "STATE", "WAITING", "PARKED", "OLDEST", "PER MINUTE", "LAST SUCCESS", "GIVEN UP", "LAST FAILURE"}, rows)
}

// stateOf is what keeps deliveries from a host, "up" if nothing does.
func stateOf(l store.Line, now time.Time) string {
	switch {
	case l.Down():
		return "down since " + moment(l.DownSince.Time) + ", next probe " + moment(l.ProbeAt.Time)
	case l.PausedUntil.After(now):
		return "wants nothing until " + moment(l.PausedUntil.Time)
	}
	return "up"
}

// perMinute is a number per minute.
func perMinute(n float64) string {
	if n >= 10 {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.1f", n)
}
