package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"entente.example/entente/activity"
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
		p.queueStatus(), p.queueParked(), p.queueRetry(), p.queueDead())
	addSettings(cmd.PersistentFlags())
	return cmd
}

func (p *program) queueStatus() *cobra.Command {
	cmd := p.command("status", "Show the queue and every host",
		"Shows how much waits, in the outbox and in JetStream, and how each host is doing that\nthis instance delivers to: the ones that are down come first.",
		`  entente queue status`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			if err := p.printBacklog(ctx, i); err != nil {
				return err
			}
			return p.printHosts(ctx, i)
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

func (p *program) printHosts(ctx context.Context, i *instance) error {
	hosts, err := i.db.Hosts(ctx, most)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, h := range hosts {
		state := "up"
		if h.Down() {
			state = "down since " + moment(h.DownSince.Time)
		}
		rows = append(rows, []string{h.Host, state, fmt.Sprint(h.Waiting), moment(h.SucceededAt.Time), h.Reason})
	}
	fmt.Fprintln(p.out)
	return table(p.out, "Nothing has been delivered to anybody yet.", []string{"HOST", "STATE", "PARKED", "LAST SUCCESS", "LAST FAILURE"}, rows)
}

func (p *program) queueParked() *cobra.Command {
	return p.jobs(false, "Nothing is parked.", p.command("parked", "List the jobs that wait for another try",
		fmt.Sprintf("Lists the jobs that wait for another try, the oldest first, at most %d.", most),
		`  entente queue parked`))
}

func (p *program) queueDead() *cobra.Command {
	return p.jobs(true, "Nothing was given up.", p.command("dead", "List the jobs that were given up",
		fmt.Sprintf("Lists the jobs that were given up, the oldest first, at most %d. 'entente queue retry'\ntries those for a host again.", most),
		`  entente queue dead`))
}

func (p *program) jobs(dead bool, none string, cmd *cobra.Command) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			jobs, err := i.db.ParkedJobs(ctx, dead, most)
			if err != nil {
				return err
			}
			var rows [][]string
			for _, j := range jobs {
				due := j.DueAt
				if dead {
					due = j.DeadAt.Time
				}
				rows = append(rows, []string{j.Job, j.Host, fmt.Sprint(j.Tries), moment(j.ParkedAt), moment(due), j.Reason})
			}
			when := "NEXT TRY"
			if dead {
				when = "GIVEN UP"
			}
			return table(p.out, none, []string{"JOB", "HOST", "TRIES", "PARKED", when, "REASON"}, rows)
		})
	}
	return cmd
}

func (p *program) queueRetry() *cobra.Command {
	cmd := p.command("retry HOST", "Try a host again now",
		`Makes everything that waits for a host due now, what was given up too, and forgets
that the host was down.`,
		`  entente queue retry globex.example`)
	cmd.Args = takes("HOST")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		host, err := activity.CleanHost(strings.TrimSpace(args[0]))
		if err != nil {
			return wrong(err)
		}
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			var due int
			err := i.db.InTx(ctx, func(tx *store.Tx) (err error) {
				due, err = tx.Retry(ctx, host)
				return err
			})
			if err == nil {
				fmt.Fprintf(p.out, "%s for %s due now.\n", count(due, "delivery", "deliveries"), host)
			}
			return err
		})
	}
	return cmd
}
