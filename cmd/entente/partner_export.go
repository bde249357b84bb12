package main

import (
	"context"

	"github.com/spf13/cobra"

	"entente.example/entente/activity"
	"entente.example/entente/federation/export"
)

func (p *program) partnerExport() *cobra.Command {
	cmd := p.command("export HOST --to DIR", "Write what is shared with a partner into a folder",
		`Writes what this company shares with HOST into a new folder, as 'entente group export'
does: each group with people of both in, and the discussions in which both have written.
It is the copy of this company; the other side takes out its own. That is possible while
there is a partnership and, where it has ended in good order, for as many days as the terms
say, 30 at most ('entente partner show HOST' says until when).

With --messages also the private messages between people of both. Tell them before, and
keep that folder from everybody else. The audit log says that it was made, and with what.`,
		`  entente partner export globex.example --to /srv/archive/globex
  entente partner export globex.example --messages --to globex-for-the-lawyers`)
	cmd.Args = takes("HOST")
	dir := addTo(cmd)
	messages := cmd.Flags().Bool("messages", false, "also the private messages between people of both")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			host, err := activity.CleanHost(args[0])
			if err != nil {
				return wrong(err)
			}
			return p.exports(*dir, func(to export.Shelf) (export.Manifest, error) {
				return i.service.ExportPartner(ctx, host, *messages, to, p.told())
			})
		})
	}
	return cmd
}
