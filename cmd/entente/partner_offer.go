package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/partnership"
)

func (p *program) partnerPropose() *cobra.Command {
	cmd := p.command("propose HOST", "Offer an agreement to another company",
		`Offers an agreement to the Entente instance at HOST. It counts when an admin there
accepts it within 14 days, and says what the people of each may do at the other: both
sides are bound by it, each can narrow, suspend or end it alone.

What can be let and taken: `+words(agreement.Words())+`, or all.
Without --let or --take it is: `+words(agreement.Narrowest().Words)+`.
'entente partner verify' shows that nobody stands between the two.`,
		`  entente partner propose globex.example --let all --take all --reason "the Lyon project"
  entente partner propose globex.example --let profile,follow,comment --until 2027-06-30
  entente partner propose globex.example --let all --draft   # another admin reads it, and offers it
  entente partner propose globex.example --people https://globex.example/users/bea --file-size 20MB`)
	draft := cmd.Flags().Bool("draft", false, "prepare it, or change what is prepared; without it, what is prepared is offered")
	return p.changes(cmd, true, func(ctx context.Context, d *partnership.Desk, host string, change partnership.Change) error {
		if *draft {
			err := d.Draft(ctx, host, change.On)
			if err == nil {
				fmt.Fprintf(p.out, "It is prepared, and nothing of it has left: 'entente partner show %s' shows it, 'entente partner propose %s' offers it.\n", host, host)
			}
			return err
		}
		err := d.ProposeBy(ctx, host, change.On)
		if err == nil {
			fmt.Fprintf(p.out, "An agreement is offered to %s, which has 14 days to answer. Compare the words meanwhile: entente partner verify %s\n", host, host)
		}
		return err
	})
}

func (p *program) partnerAccept() *cobra.Command {
	cmd := p.command("accept HOST", "Accept what a company has offered",
		`Shows the terms that HOST has offered, and signs them. What is signed is exactly what
was shown.`,
		`  entente partner accept globex.example
  entente partner accept globex.example --yes`)
	cmd.Args = takes("HOST")
	yes := addYes(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			return i.at(ctx, args[0], func(ctx context.Context, d *partnership.Desk, host string) error {
				s, err := d.Show(ctx, host)
				if err == nil && len(s.Asked) == 0 {
					err = errors.New(host + " has offered nothing that waits for an answer")
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "%s offers:\n%s", host, text(s.Asked[0]))
				if err := p.sure(cmd, *yes, host); err != nil {
					return err
				}
				if err = d.AcceptText(ctx, host, s.Asked[0].Hash); err == nil {
					fmt.Fprintf(p.out, "The agreement with %s is signed by both.\n", host)
				}
				return err
			})
		})
	}
	return cmd
}

func (p *program) partnerCounter() *cobra.Command {
	cmd := p.command("counter HOST", "Offer other terms",
		`Offers other terms than those that are offered or in force: an answer to an offer, a
change or a renewal. What is not given stays as it was; what is in force counts until
the other side has accepted.`,
		`  entente partner counter globex.example --let profile,follow,comment
  entente partner counter globex.example --until 2028-06-30 --reason "another year"`)
	return p.changes(cmd, true, func(ctx context.Context, d *partnership.Desk, host string, change partnership.Change) error {
		err := d.Counter(ctx, host, change.On)
		if err == nil {
			fmt.Fprintf(p.out, "Other terms are offered to %s, which has 14 days to answer.\n", host)
		}
		return err
	})
}

// changes is a command that takes what it changes from flags, the term too or not.
func (p *program) changes(cmd *cobra.Command, term bool, do func(context.Context, *partnership.Desk, string, partnership.Change) error) *cobra.Command {
	cmd.Args = takes("HOST")
	var t terms
	t.add(cmd.Flags())
	if term {
		t.addTerm(cmd.Flags())
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			change, err := t.changes(i.own())
			if err != nil {
				return err
			}
			return i.at(ctx, args[0], func(ctx context.Context, d *partnership.Desk, host string) error { return do(ctx, d, host, change) })
		})
	}
	return cmd
}

func (p *program) partnerDecline() *cobra.Command {
	cmd := p.command("decline HOST", "Decline an offer, or withdraw one's own",
		`Declines what HOST has offered; where nothing is, withdraws what was offered to it, or forgets what is prepared.
What is in force stays in force.`,
		`  entente partner decline globex.example --reason "not before the audit"`)
	return p.decides(cmd, "What was offered between us and %s is off the table.\n", (*partnership.Desk).Decline)
}

// decides is a command that decides something about HOST, for a reason.
func (p *program) decides(cmd *cobra.Command, say string, decide func(*partnership.Desk, context.Context, string, string) error) *cobra.Command {
	cmd.Args = takes("HOST")
	reason := cmd.Flags().String("reason", "", "why, for the people of both companies")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			return i.at(ctx, args[0], func(ctx context.Context, d *partnership.Desk, host string) error {
				err := decide(d, ctx, host, *reason)
				if err == nil {
					fmt.Fprintf(p.out, say, host)
				}
				return err
			})
		})
	}
	return cmd
}
