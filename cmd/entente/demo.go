package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"entente.example/entente/cmd/entente/demo"
)

// demoCommand is "entente demo".
func (p *program) demoCommand() *cobra.Command {
	cmd := p.command("demo", "Play two companies on this machine",
		`Starts two companies, Acme at http://acme.localhost:PORT and Globex at
http://globex.localhost:PORT+1. Each is a whole instance in a process of its own,
with its own database, queue and keys; they meet over HTTP only. Their people then
do what Entente is for, through the API that every client uses, and each step is
shown with the time until the other company saw it. It stays up until Ctrl-C.

A second run on the same folder keeps the data. DATA/acme.env and DATA/globex.env
are the settings of each, for the other commands.`,
		`  entente demo
  entente demo --port 9000 --data /tmp/two-companies

  # while it runs, in another terminal
  env $(cat data/acme.env) entente partner list`)
	port := cmd.Flags().Int("port", 8080, "port of Acme; Globex has the next one, a stranger the one after")
	data := cmd.Flags().String("data", "./data", "folder for both companies")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *port < 1 || *port > 65533 {
			return wrong(errors.New("--port: choose one from 1 to 65533"))
		}
		folder, err := filepath.Abs(*data)
		if err != nil {
			return err
		}
		if strings.ContainsAny(folder, " \t\n") {
			return wrong(fmt.Errorf("--data: choose a folder without a space in its name, which %q has: 'env $(cat acme.env)' would not work", folder))
		}
		if err := makeFolder(folder); err != nil {
			return err
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		return demo.Run(cmd.Context(), demo.Options{Program: self, Environ: withoutSettings(p.env), Port: *port, Folder: folder, Out: p.out})
	}
	return cmd
}

// withoutSettings leaves our own settings out: each company has its own.
func withoutSettings(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(line string) bool { return strings.HasPrefix(line, "ENTENTE_") })
}
