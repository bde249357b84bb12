package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"entente.example/entente/store"
)

func (p *program) partnerFence() *cobra.Command {
	cmd := p.command("fence", "After a restore from a backup: stand still until the partners have answered",
		`For after a restore of the database from a backup, before anything else is started:
what was decided since the backup is forgotten here, and the partners still know it.
Every partner is suspended by this side. Start the program, wait until each partner has
answered ('entente partner show' says so), look at what it remembers, and lift the
suspension with 'entente partner resume'; partners by your word alone wait for that too.`,
		`  entente partner fence`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			hosts, err := i.service.Partnerships().Fence(store.By(ctx, "operator"), nil)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s suspended until you resume.\n", count(len(hosts), "partner is", "partners are"))
			if len(hosts) > 0 {
				fmt.Fprintln(p.out, strings.Join(hosts, "\n"))
			}
			return nil
		})
	}
	return cmd
}
