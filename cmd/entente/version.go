package main

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionCommand is "entente version".
func (p *program) versionCommand() *cobra.Command {
	cmd := p.command("version", "Print the version of this program",
		"Prints the version of this program, the commit it was built from and the Go that built it.",
		`  entente version`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v := buildVersion()
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "entente %s (%s, built with %s)\n", v.Number, cmp.Or(v.Commit, "no commit known"), v.Go)
		return err
	}
	return cmd
}

// version is what the build has written into the program.
type version struct{ Number, Commit, Go string }

func buildVersion() version {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version{Number: "unknown", Go: "unknown"}
	}
	v := version{Number: info.Main.Version, Go: info.GoVersion}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				v.Commit += " and changes"
			}
		}
	}
	v.Number = cmp.Or(v.Number, "(devel)")
	return v
}
