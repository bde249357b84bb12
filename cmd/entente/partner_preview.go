package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/store"
)

// consequences are what the verbs do to what a preview lists.
var consequences = map[string]string{
	"":        "",
	"suspend": "Suspended, all of it stands still until this side resumes; what waits is held.",
	"end":     "Ended, nothing new goes either way; for a while each side can take out what is its own.",
	"revoke":  "Revoked, all of it stops at once and for good; what waits is not sent.",
	"narrow":  "Narrowed, what is no longer let or taken stops at once; all else goes on.",
}

func (p *program) partnerPreview() *cobra.Command {
	cmd := p.command("preview HOST [suspend|end|revoke|narrow]", "See what stopping would touch",
		`Shows what people of both companies do together, before anything happens: groups with
people of both, follows, conversations of the last 30 days, deliveries that wait. With
a verb it also says what that would do to them. Changes nothing.`,
		`  entente partner preview globex.example
  entente partner preview globex.example revoke`)
	cmd.Args = cobra.RangeArgs(1, 2)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		verb := ""
		if len(args) == 2 {
			verb = args[1]
		}
		if _, known := consequences[verb]; !known {
			return wrong(fmt.Errorf("%q is nothing that can be previewed: suspend, end, revoke and narrow can", verb))
		}
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			return i.at(ctx, args[0], func(ctx context.Context, d *partnership.Desk, host string) error {
				return p.preview(ctx, d, host, verb)
			})
		})
	}
	return cmd
}

// preview prints what is at stake with a host.
func (p *program) preview(ctx context.Context, d *partnership.Desk, host, verb string) error {
	s, err := d.Preview(ctx, host)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, g := range slices.Concat(s.Ours, s.Theirs, s.Elsewhere) {
		rows = append(rows, []string{g.Name, fmt.Sprint(g.Ours), fmt.Sprint(g.Theirs)})
	}
	if err := table(p.out, "No group has people of both.", []string{"GROUP", "OURS", "THEIRS"}, rows); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "\n%s of ours by people of %s, %s of theirs by ours\n%s and %s between people of both in the last 30 days\n%s\n",
		count(s.Followers, "follow", "follows"), host, count(s.Following, "follow", "follows"),
		count(s.Threads, "discussion", "discussions"), count(s.Directs, "private conversation", "private conversations"), waiting(s))
	if consequences[verb] != "" {
		fmt.Fprintln(p.out, consequences[verb])
	}
	return p.window(ctx, d, host, verb)
}

// window says until when what is shared can be taken out: where it ends, or has ended.
func (p *program) window(ctx context.Context, d *partnership.Desk, host, verb string) error {
	s, known, err := activity.Optional(d.Show(ctx, host))
	if err != nil || !known || s.ExportBy == nil || verb == "revoke" {
		return err
	}
	until := *s.ExportBy
	if s.State == agreement.StateActive || s.State == agreement.StateSuspended {
		if verb != "end" || len(s.InForce) == 0 {
			return nil
		}
		if ends := time.Now().Add(s.InForce[len(s.InForce)-1].Data.ExportWindow()); ends.Before(until) {
			until = ends
		}
	} else if s.State != agreement.StateWindingDown {
		return nil
	}
	fmt.Fprintf(p.out, "Until %s what is shared can be taken out: 'entente partner export %s --to DIR'.\n", moment(until), host)
	return nil
}

func waiting(s store.Stake) string {
	if s.Waiting == 1 {
		return "1 delivery waits"
	}
	return fmt.Sprint(s.Waiting, " deliveries wait")
}
