package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"entente.example/entente/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" { // a test has started the program
		main()
	}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("tests ask no name server")
	}}
	os.Exit(storetest.Run(m))
}

// asProgram is the variable of the environment that makes this binary the program,
// for tests that need it in a process of its own.
const asProgram = "ENTENTE_TEST_AS_PROGRAM"

// said is what one run of the program came to.
type said struct {
	code      int
	out, errs string
}

// entente runs the program with an environment.
func entente(t *testing.T, env []string, args ...string) said {
	t.Helper()
	return ententeWith(t, "", env, args...)
}

// ententeWith also gives it something to read.
func ententeWith(t *testing.T, input string, env []string, args ...string) said {
	t.Helper()
	var out, errs bytes.Buffer
	p := &program{env: env, in: strings.NewReader(input), out: &out, errs: &errs}
	code := p.run(t.Context(), args...)
	return said{code, out.String(), errs.String()}
}

// does runs the program, which must succeed, and gives what it printed.
func does(t *testing.T, env []string, args ...string) string {
	t.Helper()
	s := entente(t, env, args...)
	if s.code != 0 {
		t.Fatalf("entente %s: exit %d: %s", strings.Join(args, " "), s.code, s.errs)
	}
	return s.out
}

// fails runs the program, which must fail with this code and one sentence that
// says what.
func fails(t *testing.T, code int, what string, env []string, args ...string) {
	t.Helper()
	s := entente(t, env, args...)
	switch {
	case s.code != code:
		t.Errorf("entente %s: exit %d, want %d: %s", strings.Join(args, " "), s.code, code, s.errs)
	case !strings.Contains(s.errs, what):
		t.Errorf("entente %s says %q, want %q", strings.Join(args, " "), s.errs, what)
	case !strings.HasPrefix(s.errs, "entente: ") || strings.Count(s.errs, "\n") != 1:
		t.Errorf("entente %s says more than one sentence: %q", strings.Join(args, " "), s.errs)
	}
}

// acme is the environment of an instance with a database of its own.
func acme(t *testing.T) []string {
	t.Helper()
	return []string{"ENTENTE_HOST=acme.example", "ENTENTE_DATA=" + t.TempDir(), "ENTENTE_DATABASE_URL=" + storetest.DSN(t)}
}

func TestEveryHelpTeachesWithAnExample(t *testing.T) {
	t.Parallel()
	var walk func(cmd *cobra.Command, path []string)
	walk = func(cmd *cobra.Command, path []string) {
		help := does(t, nil, append(path, "--help")...)
		if _, example, found := strings.Cut(help, "Examples:\n"); !found || !strings.Contains(example, "entente") {
			t.Errorf("the help of %q has no example:\n%s", cmd.CommandPath(), help)
		}
		if cmd.Short == "" || cmd.Long == "" {
			t.Errorf("%q does not say what it is for", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			if sub.Name() != "help" {
				walk(sub, append(path, sub.Name()))
			}
		}
	}
	walk((&program{}).root(), nil)
}

func TestTheCommandsAreThere(t *testing.T) {
	t.Parallel()
	help := does(t, nil)
	for _, name := range strings.Fields("serve worker migrate config demo bench member partner report queue version") {
		if !strings.Contains(help, "\n  "+name+" ") {
			t.Errorf("there is no %q in:\n%s", name, help)
		}
	}
	if strings.Contains(help, "completion") || strings.Contains(help, "\n  health") {
		t.Errorf("the list has what nobody should look for:\n%s", help)
	}
}

func TestMisuseIsExitTwo(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"unknown command":    {"rule"},
		"unknown inner one":  {"member", "promote"},
		"unknown flag":       {"version", "--loud"},
		"missing argument":   {"partner", "allow"},
		"spare argument":     {"version", "please"},
		"no host set":        {"member", "list"},
		"nothing to measure": {"bench"},
		"no such scenario":   {"bench", "everything"},
		"bad demo port":      {"demo", "--port", "65534"},
		"space in folder":    {"demo", "--data", "/tmp/two words"},
		"bad scopes":         {"member", "token", "alice", "--scopes", "everything", "--host", "acme.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := entente(t, nil, args...)
			if s.code != exitMisuse || !strings.HasPrefix(s.errs, "entente: ") || s.out != "" {
				t.Fatalf("exit %d, stdout %q, stderr %q", s.code, s.out, s.errs)
			}
		})
	}
}

func TestVersionNamesTheGoThatBuiltIt(t *testing.T) {
	t.Parallel()
	if out := does(t, nil, "version"); !strings.HasPrefix(out, "entente ") || !strings.Contains(out, "built with go1.") {
		t.Fatal(out)
	}
}
