package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
)

// migrateCommand is "entente migrate".
func (p *program) migrateCommand() *cobra.Command {
	cmd := p.command("migrate", "Bring the database up to date with this version",
		`Brings the database's schema up to date with this version of the program and
prints the steps taken. 'entente serve' and 'entente worker' do so when they
start; with this command it can happen before. There is no way back: have a backup.`,
		`  # what would be done?
  env $(cat data/acme.env) entente migrate --pending

  # do it
  env $(cat data/acme.env) entente migrate`)
	onlyList := cmd.Flags().Bool("pending", false, "only list the steps that the database lacks")
	addSettings(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		c, err := p.settle(cmd)
		if err != nil {
			return err
		}
		i, err := openDatabase(cmd.Context(), c, newLog(p.errs, c, slog.LevelWarn))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, i.close()) }()
		steps, err := i.migrate(cmd.Context(), *onlyList)
		for _, s := range steps {
			fmt.Fprintln(p.out, s)
		}
		if err == nil && len(steps) == 0 {
			fmt.Fprintln(p.out, "The database is up to date.")
		}
		return err
	}
	return cmd
}

func (i *instance) migrate(ctx context.Context, onlyList bool) ([]string, error) {
	if onlyList {
		steps, _, err := i.pending(ctx)
		return steps, err
	}
	return i.db.Migrate(ctx)
}
