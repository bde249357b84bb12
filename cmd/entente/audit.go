package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente.example/entente/store/chain"
)

// auditCommand is "entente audit".
func (p *program) auditCommand() *cobra.Command {
	cmd := p.group("audit", "See what was decided, and that nobody has changed the record",
		`Shows what was decided about this instance: who may speak with it, who may sign in, and
what was done about reports, keys and the queue. Each line has the hash of the one
before it, and the database refuses to change or remove one.`,
		`  entente audit list --about globex.example
  entente audit verify`,
		p.auditList(), p.auditVerify())
	addSettings(cmd.PersistentFlags())
	return cmd
}

func (p *program) auditList() *cobra.Command {
	cmd := p.command("list", "List what was decided", fmt.Sprintf("Lists what was decided, the latest first, at most %d lines.", most),
		`  entente audit list
  entente audit list --about globex.example --since 2026-11-01`)
	about := cmd.Flags().String("about", "", "only what is about this host or id")
	from := cmd.Flags().String("since", "", "only from this day or moment on (UTC), such as 2026-11-01 or 2026-11-01T08:00:00Z")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		since, err := readMoment(*from)
		if err != nil {
			return wrong(err)
		}
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			lines, err := i.db.Audited(ctx, strings.TrimSpace(*about), since, most)
			if err != nil {
				return err
			}
			var rows [][]string
			for _, l := range lines {
				rows = append(rows, []string{fmt.Sprint(l.Number), moment(l.At), l.Who, l.What, l.About, details(l.Details)})
			}
			return table(p.out, "Nothing was decided.", []string{"LINE", "AT", "WHO", "WHAT", "ABOUT", "DETAILS"}, rows)
		})
	}
	return cmd
}

// readMoment reads a day, which begins at midnight UTC, or a moment; "" is the beginning.
func readMoment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("--since: a day or a moment is needed, such as 2026-11-01 or 2026-11-01T08:00:00Z")
}

// details are the words of a line, by name.
func details(words map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(words)) {
		all = append(all, fmt.Sprintf("%s=%q", name, words[name]))
	}
	return strings.Join(all, " ")
}

func (p *program) auditVerify() *cobra.Command {
	cmd := p.command("verify", "Find lines that were changed, removed, added or moved",
		`Reads the whole audit log and names the lines that are not what was written, missing
or out of place. Then it prints the head: the number and the hash of the last line.

A chain alone does not show that its end was cut off, nor that somebody who may write
to the database wrote everything anew from some line on. Keep the head somewhere else,
and give it to the next run: with --head both are found up to that line. That a
decision was made without a line, no log can show.`,
		`  entente audit verify
  entente audit verify --head 4711:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`)
	kept := cmd.Flags().String("head", "", "the head that an earlier run printed")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var check chain.Check
		if *kept != "" {
			var err error
			if check.Kept, err = chain.ReadHead(*kept); err != nil {
				return wrong(fmt.Errorf("--head: %w", err))
			}
		}
		return p.on(cmd, func(ctx context.Context, i *instance) error { return p.verifyAudit(ctx, i, &check) })
	}
	return cmd
}

// verifyAudit prints what is wrong with the log, up to most findings, and its head.
func (p *program) verifyAudit(ctx context.Context, i *instance, check *chain.Check) error {
	found := 0
	tell := func(wrong []string) {
		for _, w := range wrong {
			if found++; found <= most {
				fmt.Fprintln(p.out, w)
			}
		}
	}
	err := i.db.AuditLog(ctx, func(l chain.Line) error {
		wrong, err := check.Next(l)
		tell(wrong)
		return err
	})
	if err != nil {
		return err
	}
	tell(check.End())
	head := check.Head()
	if found > 0 {
		return fmt.Errorf("the audit log was tampered with: %s in %s", count(found, "finding", "findings"), count(int(check.Lines), "line", "lines"))
	}
	if head.Number == 0 {
		fmt.Fprintln(p.out, "The audit log has no line yet.")
		return nil
	}
	fmt.Fprintf(p.out, "The chain of %s is whole.\nhead %s\n", count(int(check.Lines), "line", "lines"), head)
	if check.Kept.Number == 0 {
		fmt.Fprintln(p.out, "Whether lines after this head are cut off later, only 'entente audit verify --head' with it can show.")
	}
	return nil
}
