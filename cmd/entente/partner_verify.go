package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"entente.example/entente/federation/partnership"
)

func (p *program) partnerVerify() *cobra.Command {
	cmd := p.command("verify HOST", "Compare six words with the admin of a partner",
		`Prints six words that follow from the keys of both instances, the same on both sides.
Call an admin of HOST whom you know, on a number that you have from elsewhere, and read
them to each other: when they are the same, nobody stands between you. Then note it
with --confirm, also after the key of the other side has changed.`,
		`  entente partner verify globex.example
  entente partner verify globex.example --confirm "apple river stone cloud tiger lamp"`)
	cmd.Args = takes("HOST")
	said := cmd.Flags().String("confirm", "", "the six words that the other admin has read out")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			return i.at(ctx, args[0], func(ctx context.Context, d *partnership.Desk, host string) error {
				if *said != "" {
					err := d.Confirm(ctx, host, *said)
					if err == nil {
						fmt.Fprintf(p.out, "It is noted that the words of %s are the same on both sides. Where a new key had stopped the agreement: entente partner resume %s\n", host, host)
					}
					return err
				}
				words, confirmed, err := d.Compare(ctx, host)
				if err != nil {
					return err
				}
				fmt.Fprintln(p.out, words)
				if !confirmed {
					fmt.Fprintf(p.out, "Nobody has compared them yet. When %s reads out the same: entente partner verify %s --confirm \"...\"\n", host, host)
				}
				return nil
			})
		})
	}
	return cmd
}
