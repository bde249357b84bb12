package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

func (p *program) queueParked() *cobra.Command {
	return p.jobs(false, "Nothing is parked.", p.command("parked", "List the jobs that wait for another try",
		fmt.Sprintf("Lists the jobs that wait for another try, the oldest first, at most %d.", most),
		`  entente queue parked`))
}

func (p *program) queueDead() *cobra.Command {
	return p.jobs(true, "Nothing was given up.", p.command("dead", "List the jobs that were given up",
		fmt.Sprintf("Lists the jobs that were given up, the oldest first, at most %d, with why and what the\npartner answered last. 'entente queue show' shows one whole, 'entente queue retry'\ntries it again.", most),
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
				rows = append(rows, []string{j.Job, j.Host, fmt.Sprint(j.Tries), moment(j.ParkedAt), moment(due), lastAnswer(j, 60), j.Reason})
			}
			when := "NEXT TRY"
			if dead {
				when = "GIVEN UP"
			}
			return table(p.out, none, []string{"JOB", "HOST", "TRIES", "PARKED", when, "ANSWER", "REASON"}, rows)
		})
	}
	return cmd
}

// lastAnswer is what the host has said last, up to most bytes of the words.
func lastAnswer(j store.Parked, most int) string {
	if j.Status == 0 {
		return "-"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", j.Status, strings.ToValidUTF8(j.Answer[:min(len(j.Answer), most)], "")))
}

func (p *program) queueShow() *cobra.Command {
	cmd := p.command("show JOB", "Show one job that waits or was given up",
		"Shows all that is known of a job which is parked or dead: what it is to do, and what the\npartner has said to it last.",
		`  entente queue show deliver-AXJ4Q7`)
	cmd.Args = takes("JOB")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			j, err := i.db.ParkedJob(ctx, args[0])
			if activity.KindOf(err) == activity.NotFound {
				return noSuchJob(args[0])
			}
			if err != nil {
				return err
			}
			return table(p.out, "", []string{"JOB", j.Job}, [][]string{
				{"kind", j.Kind}, {"host", cmp.Or(j.Host, "-")}, {"tries", fmt.Sprint(j.Tries)}, {"parked", moment(j.ParkedAt)},
				{"next try", moment(nextTry(j))}, {"given up", moment(j.DeadAt.Time)},
				{"reason", j.Reason}, {"answer", lastAnswer(j, len(j.Answer))}, {"payload", j.Payload},
			})
		})
	}
	return cmd
}

func nextTry(j store.Parked) time.Time {
	if !j.DeadAt.IsZero() {
		return time.Time{}
	}
	return j.DueAt
}

func noSuchJob(job string) error {
	return fmt.Errorf("no job %q waits or was given up: see 'entente queue parked' and 'entente queue dead'", job)
}

func (p *program) queueRetry() *cobra.Command {
	cmd := p.command("retry HOST | retry --job JOB", "Try a host, or one job, again now",
		`Makes everything that waits for a host due now, what was given up too, and forgets
that the host was down. With --job only that job is made due; if its host is down it
waits for the next probe like the others.`,
		`  entente queue retry globex.example
  entente queue retry --job deliver-AXJ4Q7`)
	job := cmd.Flags().String("job", "", "the job, as 'entente queue dead' shows it")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if *job == "" {
			return takes("HOST")(cmd, args)
		}
		return takes()(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *job != "" {
			return p.on(cmd, func(ctx context.Context, i *instance) error { return p.retryJob(ctx, i, *job) })
		}
		host, err := activity.CleanHost(strings.TrimSpace(args[0]))
		if err != nil {
			return wrong(err)
		}
		return p.on(cmd, func(ctx context.Context, i *instance) error { return p.retryHost(ctx, i, host) })
	}
	return cmd
}

func (p *program) retryHost(ctx context.Context, i *instance, host string) error {
	var due int
	err := i.decide(ctx, store.Decision{What: "queue.retried", About: host}, func(tx *store.Tx) (err error) {
		due, err = tx.Retry(ctx, host)
		return err
	})
	if err == nil {
		fmt.Fprintf(p.out, "%s for %s due now.\n", count(due, "delivery", "deliveries"), host)
	}
	return err
}

func (p *program) retryJob(ctx context.Context, i *instance, job string) error {
	var due int
	err := i.decide(ctx, store.Decision{What: "queue.retried", About: job}, func(tx *store.Tx) (err error) {
		due, err = tx.RetryJob(ctx, job)
		if err == nil && due == 0 {
			err = noSuchJob(job)
		}
		return err
	})
	if err == nil {
		fmt.Fprintf(p.out, "%s is due now.\n", job)
	}
	return err
}
