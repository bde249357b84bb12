// Command entente is the whole of Entente in one program: see "entente --help".
//
// Each sub-command is a file of its own; config.go says what can be set,
// instance.go opens what they all work on, package demo plays two companies.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"entente.example/entente/activity"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the usual meaning is back: a second one ends us at once.
	context.AfterFunc(ctx, stop)
	p := &program{env: os.Environ(), in: os.Stdin, out: os.Stdout, errs: os.Stderr}
	os.Exit(p.run(ctx, os.Args[1:]...))
}

// program is one run of the command line, and what it reads and writes.
type program struct {
	env       []string
	in        io.Reader
	out, errs io.Writer
	began     bool // the arguments were understood; what fails now is no misuse
}

// The exit codes.
const (
	exitFailed = 1
	exitMisuse = 2 // wrong settings, flags or arguments
)

// run does what the arguments say and returns the exit code. A failure is one
// sentence on standard error; wrong settings are one line each.
func (p *program) run(ctx context.Context, args ...string) int {
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.errs)
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = errors.New("interrupted")
	}
	for line := range strings.Lines(sentence(err)) {
		fmt.Fprintf(p.errs, "entente: %s\n", strings.TrimSpace(line))
	}
	if _, isMisuse := errors.AsType[misuse](err); isMisuse {
		return exitMisuse
	}
	if !p.began { // an unknown flag, or the wrong number of arguments
		fmt.Fprintf(p.errs, "entente: see '%s --help'\n", cmd.CommandPath())
		return exitMisuse
	}
	return exitFailed
}

// misuse marks an error that the caller can mend by calling otherwise.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

// wrong marks err as misuse.
func wrong(err error) error { return misuse{err} }

// sentence is what a person at a terminal should read of an error.
func sentence(err error) string {
	if f, ok := errors.AsType[*activity.Fault](err); ok && f.Kind != activity.Internal {
		return f.Say
	}
	return err.Error()
}

func (p *program) root() *cobra.Command {
	root := p.group("entente", "The social network between companies",
		`Entente is a social network between companies: each runs its own instance, and
their people follow each other and work together in shared groups (ActivityPub).

Settings are environment variables or flags: see 'entente config --help'.`,
		`  # two companies on this machine, to look around
  entente demo

  # one instance, ready for a TLS proxy in front of it
  ENTENTE_HOST=acme.example entente serve`,
		p.serveCommand(), p.workerCommand(), p.migrateCommand(), p.settingsCommand(), p.demoCommand(), p.benchCommand(),
		p.memberCommand(), p.instanceCommand(), p.partnerCommand(), p.groupCommand(), p.circleCommand(), p.reportCommand(), p.auditCommand(), p.queueCommand(), p.versionCommand(), p.healthCommand())
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	root.PersistentPreRun = func(*cobra.Command, []string) { p.began = true }
	root.SetUsageTemplate(usage)
	return root
}

// command is a sub-command that takes no arguments; help starts with long and
// ends with an example.
func (p *program) command(use, short, long, example string) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Long: long, Example: example, Args: cobra.NoArgs, DisableFlagsInUseLine: true}
}

// group is a command that does nothing but hold others.
func (p *program) group(use, short, long, example string, subs ...*cobra.Command) *cobra.Command {
	cmd := p.command(use, short, long, example)
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("there is no command %q", cmd.CommandPath()+" "+args[0])
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.AddCommand(subs...)
	return cmd
}

// usage is cobra's template, but for the inherited settings: a line points to
// them where a dozen flags would hide the few that matter.
const usage = `Usage:
  {{.UseLine}}{{if .HasAvailableSubCommands}} COMMAND{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

Every setting is a flag too, as --host and --data: see 'entente config --help'.{{end}}
`
