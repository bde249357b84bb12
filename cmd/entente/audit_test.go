package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// silent are the commands that decide nothing, with why.
var silent = map[string]string{
	"serve": "runs", "worker": "runs", "demo": "plays on its own", "bench seed": "makes a company of its own", "bench run": "measures",
	"migrate": "the schema says itself what was done", "config": "shows", "version": "shows", "health": "asks",
	"member list": "shows", "partner list": "shows", "partner knocks": "shows", "report list": "shows", "report show": "shows",
	"queue status": "shows", "queue parked": "shows", "queue dead": "shows", "queue show": "shows", "audit list": "shows", "audit verify": "shows",
	"partner show": "shows", "partner preview": "shows", "circle list": "shows", "circle publish": "prints what it is given",

	"partner propose": between, "partner accept": between, "partner counter": between, "partner decline": between, "partner verify": between, "partner narrow": between,
	"partner suspend": between, "partner resume": between, "partner end": between, "partner revoke": between, "partner fence": between,
	"partner export":   between,
	"group export":     "its line is looked at in TestAGroupIsExportedIntoAFolder",
	"group successors": "only shows", "group name": between, "group accept": between, "group decline": between, "group hand-over": between, "group claim": between,

	"circle subscribe": between, "circle unsubscribe": between, "circle import": between,
}

// between two companies: their lines are looked at in TestTwoCompaniesAgreeAndPartByCommands,
// TestEveryCompanyInAGroupKnowsWhoGoesOnWithIt
// and TestACircleProposesAndNeverAgrees.
const between = "needs another company"

func TestEveryCommandThatDecidesWritesALine(t *testing.T) {
	t.Parallel()
	env := acme(t)
	report, dead := ground(t, env)
	alice, mallory := "https://acme.example/users/alice", "https://globex.example/users/mallory"
	decided := map[string]bool{}
	for n, tc := range []struct{ command, want string }{
		{"member add alice --email alice@acme.example --admin", `operator  member.added  ` + alice + `  admin="true"`},
		{"member lock alice", "operator  member.locked  " + alice},
		{"member unlock alice", "operator  member.unlocked  " + alice},
		{"member token alice --scopes read", `operator  member.token_made  ` + alice + `  scopes="read"`},
		{"member link alice --issuer https://id.acme.example --subject 7", `operator  member.identity_linked  ` + alice + `  issuer="https://id.acme.example" subject="7"`},
		{"member unlink alice --issuer https://id.acme.example --subject 7", `operator  member.identity_unlinked  ` + alice + `  issuer="https://id.acme.example" subject="7"`},
		{"member delete alice --yes", "operator  member.deleted  " + alice},
		{"member rotate-key alice", "operator  keys.rotated  " + alice},
		{"instance rotate-key", "operator  keys.rotated  https://acme.example/actor"},
		{"queue retry globex.example", "operator  queue.retried  globex.example"},
		{"queue retry --job " + dead, "operator  queue.retried  " + dead},
		{"partner allow globex.example --note until-June", `operator  partner.allowed  globex.example  note="until-June"`},
		{"partner allow globex.example --note until-July", `operator  partner.noted  globex.example  note="until-July"`},
		{"partner remove globex.example", "operator  partner.removed  globex.example"},
		{"report resolve " + report, "operator  report.resolved  https://globex.example/flags/1"},
		{"report resolve " + report + " --suspend", `operator  account.suspended  ` + mallory + `  report="https://globex.example/flags/1"`},
	} {
		does(t, env, strings.Fields(tc.command)...)
		last := strings.Fields(strings.Split(does(t, env, "audit", "list"), "\n")[1])
		if want := strings.Fields(tc.want); last[0] != fmt.Sprint(n+1) || !slices.Equal(last[3:], want) {
			t.Errorf("after %q the last line is %q, want %d %q", tc.command, last, n+1, want)
		}
		decided[strings.Join(strings.Fields(tc.command)[:2], " ")] = true
	}
	for _, name := range leaves((&program{}).root(), nil) {
		if why := silent[name]; decided[name] == (why != "") {
			t.Errorf("say of %q either which line it writes, or why none", name)
		}
	}
}

// ground is what the commands are about: a report, and a job that was given up.
func ground(t *testing.T, env []string) (report, dead string) {
	t.Helper()
	does(t, env, "audit", "list") // makes the schema
	ctx, dead := t.Context(), "deliver-1-x"
	change(t, open(t, env), func(tx *store.Tx) error {
		id := activity.ID("https://globex.example/users/mallory")
		a, err := tx.PutActor(ctx, store.Actor{Host: "globex.example", Actor: activity.Actor{ID: id, Type: "Person", Username: "mallory", Inbox: activity.Ref{ID: id + "/inbox"}}})
		if err != nil {
			return err
		}
		r, err := tx.PutReport(ctx, store.Report{IRI: "https://globex.example/flags/1", Reporter: a.Key, Account: a.Key, Category: "spam"})
		report = r.Key.String()
		if err != nil {
			return err
		}
		return tx.Park(ctx, store.Parked{Job: dead, Kind: "deliver", Host: "globex.example", Payload: "{}", DueAt: tx.Now, Reason: "refused"})
	})
	return report, dead
}

// leaves are the commands that do something, by their words.
func leaves(cmd *cobra.Command, path []string) (names []string) {
	if !cmd.HasSubCommands() {
		return []string{strings.Join(path, " ")}
	}
	for _, sub := range cmd.Commands() {
		if sub.Name() != "help" {
			names = append(names, leaves(sub, append(slices.Clone(path), sub.Name()))...)
		}
	}
	return names
}

func TestWhatWasRefusedHasNoLine(t *testing.T) {
	t.Parallel()
	env := acme(t)
	does(t, env, "partner", "allow", "globex.example", "--note", "x")
	does(t, env, "partner", "allow", "globex.example")
	for _, command := range []string{
		"member lock nobody", "partner remove initech.example", "queue retry --job none", "member unlink nobody --issuer https://id.example --subject 1",
	} {
		if s := entente(t, env, strings.Fields(command)...); s.code == 0 {
			t.Errorf("%s was done", command)
		}
	}
	if out := does(t, env, "audit", "list"); strings.Count(out, "\n") != 2 {
		t.Errorf("the log has more than one line:\n%s", out)
	}
}

func TestAuditListIsAboutSomethingSinceSomeTime(t *testing.T) {
	t.Parallel()
	env := acme(t)
	if out := does(t, env, "audit", "list"); out != "Nothing was decided.\n" {
		t.Errorf("list says %q", out)
	}
	does(t, env, "partner", "allow", "globex.example")
	does(t, env, "partner", "allow", "initech.example")
	if out := does(t, env, "audit", "list", "--about", "initech.example", "--since", "2020-01-01"); strings.Contains(out, "globex") || !strings.Contains(out, "initech") {
		t.Errorf("about Initech is\n%s", out)
	}
	if out := does(t, env, "audit", "list", "--since", "2999-01-01T00:00:00Z"); out != "Nothing was decided.\n" {
		t.Errorf("in the future is %q", out)
	}
	fails(t, exitMisuse, "such as 2026-11-01", env, "audit", "list", "--since", "yesterday")
}

func TestAuditVerifyNamesTheLineAndKnowsAnEarlierHead(t *testing.T) {
	t.Parallel()
	env := acme(t)
	if out := does(t, env, "audit", "verify"); out != "The audit log has no line yet.\n" {
		t.Errorf("verify says %q", out)
	}
	mark := filepath.Join(valueOf(env, "ENTENTE_DATA"), markFile)
	var early []byte // as it was when there were two lines
	for n := range 4 {
		does(t, env, "partner", "allow", fmt.Sprintf("p%d.example", n))
		if n == 1 {
			early, _ = os.ReadFile(mark)
		}
	}
	out := does(t, env, "audit", "verify")
	_, head, _ := strings.Cut(strings.Split(out, "\n")[1], "head ")
	if !strings.HasPrefix(out, "The chain of 4 lines is whole.\nhead 4:") || !strings.Contains(out, "only 'entente audit verify --head' with it can show") {
		t.Errorf("verify says %q", out)
	}
	does(t, env, "partner", "allow", "p4.example")
	if out := does(t, env, "audit", "verify", "--head", head); !strings.HasPrefix(out, "The chain of 5 lines is whole.\nhead 5:") {
		t.Errorf("with a head of before verify says %q", out)
	}
	owner(t, env, "ALTER TABLE audit DISABLE TRIGGER audit_is_kept")
	owner(t, env, "DELETE FROM audit WHERE number > 2")
	if err := os.WriteFile(mark, early, 0o600); err != nil { // which would tell
		t.Fatal(err)
	}
	if out := does(t, env, "audit", "verify"); !strings.HasPrefix(out, "The chain of 2 lines is whole.") {
		t.Errorf("a chain alone shows that it is cut off: %q", out)
	}
	s := entente(t, env, "audit", "verify", "--head", head)
	if s.code != exitFailed || s.out != "lines 3 to 4 are cut off\n" || s.errs != "entente: the audit log was tampered with: 1 finding in 2 lines\n" {
		t.Errorf("cut off: %+v", s)
	}
	owner(t, env, "UPDATE audit SET about = 'evil.example' WHERE number = 1")
	s = entente(t, env, "audit", "verify")
	if s.code != exitFailed || s.out != "line 1 is not what was written\n" {
		t.Errorf("changed: %+v", s)
	}
	fails(t, exitMisuse, "64 hexadecimal digits", env, "audit", "verify", "--head", "4:abc")
}

// owner does what only the owner of the database can do.
func owner(t *testing.T, env []string, statement string) {
	t.Helper()
	c, _, err := ReadConfig(env, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("pgx", c.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
