package main

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"entente.example/entente/federation/partnership"
)

func (p *program) partnerSuspend() *cobra.Command {
	return p.stops(p.command("suspend HOST", "Stop everything with a partner for a while",
		`Stops everything with HOST, both ways, until 'entente partner resume'. Shows what is
touched first.`,
		`  entente partner suspend globex.example --reason "a stolen laptop" --yes`),
		"The agreement with %s is suspended: 'entente partner resume' lifts that.\n", (*partnership.Desk).Suspend)
}

func (p *program) partnerResume() *cobra.Command {
	return p.decides(p.command("resume HOST", "Go on after a suspension",
		`Lifts the suspension of this side. Where the other side has suspended it too, it has
to lift its own. After a change of its key compare the words first ('verify'). Of a
partner by your word alone, which is suspended when the database was restored from a backup,
it says that it is still one ('remove' says that it is not).`,
		`  entente partner resume globex.example`),
		"This side has lifted its suspension of %s.\n", (*partnership.Desk).Resume)
}

func (p *program) partnerEnd() *cobra.Command {
	return p.stops(p.command("end HOST", "End an agreement in good order",
		`Ends the agreement with HOST for good: nothing new goes either way, and for 30 days
each side can take out what is its own. Shows what is touched first.`,
		`  entente partner end globex.example --reason "the project is over" --yes`),
		"The agreement with %s has ended.\n", (*partnership.Desk).End)
}

func (p *program) partnerRevoke() *cobra.Command {
	return p.stops(p.command("revoke HOST", "End an agreement at once, after a breach",
		`Ends the agreement with HOST at once and for good; there is nothing to take out.
Shows what is touched first.`,
		`  entente partner revoke globex.example --reason "a breach" --yes`),
		"The agreement with %s is revoked.\n", (*partnership.Desk).Revoke)
}

// stops is decides for what takes something away: it shows what, and wants to be sure.
func (p *program) stops(cmd *cobra.Command, say string, decide func(*partnership.Desk, context.Context, string, string) error) *cobra.Command {
	yes := addYes(cmd)
	verb, _, _ := strings.Cut(cmd.Use, " ")
	decided := p.decides(cmd, say, func(d *partnership.Desk, ctx context.Context, host, reason string) error {
		if _, err := d.Show(ctx, host); err != nil {
			return err
		}
		if err := p.preview(ctx, d, host, verb); err != nil {
			return err
		}
		if err := p.sure(cmd, *yes, host); err != nil {
			return err
		}
		return decide(d, ctx, host, reason)
	})
	return decided
}

func (p *program) partnerNarrow() *cobra.Command {
	cmd := p.command("narrow HOST", "Cut what a partner may do, within the agreement",
		`Says what this side lets and takes from now on, at most; it counts at once and the
other side is told. What is not given stays as it is. Within the agreement it can be
widened again (--let all); beyond it only 'entente partner counter' leads.`,
		`  entente partner narrow globex.example --let profile,follow,comment --reason "until the audit"
  entente partner narrow globex.example --let all`)
	return p.changes(cmd, false, func(ctx context.Context, d *partnership.Desk, host string, change partnership.Change) error {
		if err := d.NarrowBy(ctx, host, change.On); err != nil {
			return err
		}
		s, err := d.Show(ctx, host)
		if err == nil {
			fmt.Fprintf(p.out, "%s may do here: %s\nwe may do there: %s\n", host, granted(s.Lets), granted(s.Takes))
		}
		return err
	})
}

// addYes adds the flag with which nothing is asked.
func addYes(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("yes", false, "do it without asking")
}

// sure asks whether to go on. Where nobody can be asked it refuses, and says what to type.
func (p *program) sure(cmd *cobra.Command, yes bool, host string) error {
	if yes {
		return nil
	}
	if f, ok := p.in.(*os.File); !ok || !isTerminal(f) {
		return wrong(fmt.Errorf("nothing was done: to go on type '%s %s --yes'", cmd.CommandPath(), host))
	}
	fmt.Fprint(p.out, "Go on? (yes/no) ")
	answer, err := bufio.NewReader(p.in).ReadString('\n')
	if strings.TrimSpace(answer) == "yes" {
		return nil
	}
	if err != nil {
		return err
	}
	return wrong(fmt.Errorf("nothing was done"))
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}
