package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// reportCommand is "entente report".
func (p *program) reportCommand() *cobra.Command {
	cmd := p.group("report", "See what was reported, and deal with it",
		`Shows what your own people and partners have reported: who, which posts, and why.
Admins are told of each new report.`,
		`  entente report list
  entente report show 114700000000000001
  entente report resolve 114700000000000001 --suspend`,
		p.reportList(), p.reportShow(), p.reportResolve())
	addSettings(cmd.PersistentFlags())
	return cmd
}

func (p *program) reportList() *cobra.Command {
	cmd := p.command("list", "List the reports that nobody has dealt with",
		"Lists the reports that nobody has dealt with, the latest first.", `  entente report list
  entente report list --all`)
	all := cmd.Flags().Bool("all", false, "also those that were dealt with")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			reports, err := i.db.Reports(ctx, !*all, store.Page{Limit: most})
			if err != nil {
				return err
			}
			var rows [][]string
			for _, r := range reports {
				who, by, err := i.parties(ctx, r)
				if err != nil {
					return err
				}
				rows = append(rows, []string{r.Key.String(), moment(r.CreatedAt), who, by, fmt.Sprint(len(r.Notes)), brief(r.Comment), moment(r.ResolvedAt.Time)})
			}
			return table(p.out, "There are no reports.", []string{"REPORT", "SINCE", "ABOUT", "BY", "POSTS", "WHY", "RESOLVED"}, rows)
		})
	}
	return cmd
}

// brief is the beginning of a comment, on one line.
func brief(s string) string {
	const most = 60
	if r := []rune(strings.Join(strings.Fields(s), " ")); len(r) > most {
		return string(r[:most]) + "…"
	}
	return strings.Join(strings.Fields(s), " ")
}

// parties are the handles of who is reported, and of who reports.
func (i *instance) parties(ctx context.Context, r store.Report) (who, by string, err error) {
	actors, err := i.db.ActorsByKey(ctx, r.Account, r.Reporter)
	name := func(a store.Actor) string {
		if a.Type == "Application" {
			return a.Host // a company, and nobody in it
		}
		return "@" + a.Handle()
	}
	return name(actors[r.Account]), name(actors[r.Reporter]), err
}

func (p *program) reportShow() *cobra.Command {
	cmd := p.command("show REPORT", "Show one report", "Shows one report whole, with the posts that it names.", `  entente report show 114700000000000001`)
	cmd.Args = takes("REPORT")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			r, err := i.report(ctx, args[0])
			if err != nil {
				return err
			}
			return i.showReport(ctx, p.out, r)
		})
	}
	return cmd
}

func (i *instance) showReport(ctx context.Context, out io.Writer, r store.Report) error {
	who, by, err := i.parties(ctx, r)
	if err != nil {
		return err
	}
	state := "open"
	if !r.ResolvedAt.IsZero() {
		state = "resolved " + moment(r.ResolvedAt.Time) + " by " + printable(r.ResolvedBy)
	}
	fmt.Fprintf(out, "Report %s, %s\nabout    %s\nby       %s, %s\ncategory %s\n\n%s\n",
		r.Key, state, printable(who), printable(by), moment(r.CreatedAt), printable(r.Category), lines(r.Comment))
	for _, key := range r.Notes {
		n, ok, err := activity.Optional(i.db.NoteByKey(ctx, key))
		if err != nil {
			return err
		}
		if ok {
			fmt.Fprintf(out, "\n%s\n%s\n", printable(string(n.Page())), lines(activity.PlainText(string(n.Content))))
		}
	}
	return nil
}

// lines are the lines of what a stranger wrote, without what could steer a
// terminal, indented so that they cannot be taken for ours.
func lines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString("  | " + printable(line) + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func (i *instance) report(ctx context.Context, text string) (store.Report, error) {
	key, err := store.ParseKey(text)
	if err != nil {
		return store.Report{}, wrong(fmt.Errorf("%q is no report: see 'entente report list'", text))
	}
	r, err := i.db.Report(ctx, key)
	if activity.KindOf(err) == activity.NotFound {
		err = fmt.Errorf("there is no report %s: see 'entente report list'", key)
	}
	return r, err
}

func (p *program) reportResolve() *cobra.Command {
	cmd := p.command("resolve REPORT", "Say that a report was dealt with",
		`Says that a report was dealt with. With --suspend, whom it is about is hidden from
everybody, with all that they wrote, and nothing is taken from them any more.`,
		`  entente report resolve 114700000000000001
  entente report resolve 114700000000000001 --suspend`)
	cmd.Args = takes("REPORT")
	suspend := cmd.Flags().Bool("suspend", false, "hide whom it is about, and take nothing from them")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			r, err := i.report(ctx, args[0])
			if err != nil {
				return err
			}
			who, _, err := i.parties(ctx, r)
			if err != nil {
				return err
			}
			said, err := i.resolve(ctx, r, *suspend)
			if err != nil {
				return err
			}
			if *suspend {
				said += " " + printable(who) + " is suspended."
			}
			fmt.Fprintln(p.out, said)
			return nil
		})
	}
	return cmd
}

func (i *instance) resolve(ctx context.Context, r store.Report, suspend bool) (said string, err error) {
	return said, i.db.InTx(ctx, func(tx *store.Tx) error {
		isNew, err := tx.ResolveReport(ctx, r.Key, "an operator")
		if said = "The report is resolved."; !isNew {
			said = "The report was resolved already."
		}
		if isNew {
			tx.Audit(ctx, store.Decision{What: "report.resolved", About: string(r.IRI)})
		}
		if err != nil || !suspend {
			return err
		}
		who, err := tx.ActorByKey(ctx, r.Account)
		if err != nil {
			return err
		}
		tx.Audit(ctx, store.Decision{What: "account.suspended", About: string(who.ID), Details: map[string]string{"report": string(r.IRI)}})
		return tx.Suspend(ctx, r.Account, tx.Now)
	})
}
