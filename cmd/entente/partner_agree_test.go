package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// office is a company whose program runs.
type office struct {
	t    *testing.T
	env  []string
	host string
}

func opens(t *testing.T, name string) *office {
	t.Helper()
	address := freeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	o := &office{t: t, host: name + ".localhost:" + port}
	o.env = append(acme(t), "ENTENTE_HOST="+o.host, "ENTENTE_LISTEN="+address, "ENTENTE_INSECURE_HTTP=true", "ENTENTE_PRIVATE_NETWORKS=127.0.0.0/8,::1/128")
	t.Cleanup(running(t, o.env, address, "serve"))
	return o
}

func (o *office) does(args ...string) string {
	o.t.Helper()
	return does(o.t, o.env, append([]string{"partner"}, args...)...)
}

// sees waits until how the agreement stands says so.
func (o *office) sees(other *office, want string) {
	o.t.Helper()
	var said string
	for began := time.Now(); time.Since(began) < 2*time.Minute; time.Sleep(50 * time.Millisecond) {
		s := entente(o.t, o.env, "partner", "show", other.host)
		if said = s.out + s.errs; strings.Contains(said, want) {
			return
		}
	}
	o.t.Fatalf("%s does not see %q:\n%s", o.host, want, said)
}

// resumes resumes once the other side has answered.
func (o *office) resumes(other *office) {
	o.t.Helper()
	var s said
	for began := time.Now(); time.Since(began) < 2*time.Minute; time.Sleep(50 * time.Millisecond) {
		if s = entente(o.t, o.env, "partner", "resume", other.host); s.code == 0 {
			return
		}
		if !strings.Contains(s.errs, "must have answered first") {
			break
		}
	}
	o.t.Fatalf("%s does not resume: %+v", o.host, s)
}

func TestTwoCompaniesAgreeAndPartByCommands(t *testing.T) {
	t.Parallel()
	acme, globex := opens(t, "acme"), opens(t, "globex")

	if out := acme.does("propose", globex.host, "--draft", "--let", "profile,follow"); !strings.Contains(out, "nothing of it has left") {
		t.Error(out)
	}
	acme.does("propose", globex.host, "--draft", "--take", "all", "--at-end", "keep")
	if out := acme.does("show", globex.host); !strings.Contains(out, globex.host+": draft") || !strings.Contains(out, "they may   follow, profile\n  we may     everything") || !strings.Contains(out, "kept as a record") {
		t.Errorf("prepared is\n%s", out)
	}
	fails(t, exitFailed, "there are no agreements yet", globex.env, "partner", "show")
	acme.does("decline", globex.host)
	fails(t, exitFailed, "no agreement", acme.env, "partner", "show", globex.host)
	acme.does("propose", globex.host, "--draft", "--take", "all")
	out := acme.does("propose", globex.host, "--let", "profile,follow,comment", "--file-size", "20MB", "--reason", "the Lyon\x1b[2J project",
		"--people", "http://"+globex.host+"/users/bea", "--until", time.Now().AddDate(0, 6, 0).Format(time.DateOnly))
	if !strings.Contains(out, "is offered to "+globex.host) {
		t.Error(out)
	}
	globex.sees(acme, "They offer:\n  version 1")
	out = globex.does("show")
	for _, want := range []string{acme.host + ": proposed\n", "they may   everything; files up to 20MB", "we may     comment, follow, profile; only http://" + globex.host + "/users/bea; files up to 20MB",
		"  | the Lyon[2J project", "Next:\n  entente partner accept " + acme.host, "  entente partner decline " + acme.host} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	globex.does("counter", acme.host, "--take", "all", "--people", "everyone", "--at-end", "keep", "--delete-within", "48", "--export-for", "7", "--tell-incidents-within", "12")
	acme.sees(globex, "They offer:\n  version 2")

	s := entente(t, acme.env, "partner", "accept", globex.host)
	if s.code != exitMisuse || !strings.Contains(s.out, "version 2") || !strings.Contains(s.out, "we may     everything; files up to 20MB") ||
		!strings.Contains(s.out, "kept as a record, or deleted on request within 48 hours of the end, taken out for 7 days; incidents told within 12 hours") || !strings.Contains(s.errs, "entente partner accept "+globex.host+" --yes") {
		t.Errorf("an offer that nobody has read is taken: %+v", s)
	}
	acme.sees(globex, ": proposed")
	acme.does("accept", globex.host, "--yes")
	globex.sees(acme, acme.host+": active")
	if out := acme.does("list"); !regexp.MustCompile(regexp.QuoteMeta(globex.host) + ` .*agreement +active`).MatchString(out) {
		t.Error(out)
	}

	fails(t, exitMisuse, "'entente partner revoke "+globex.host+"' at once and for good", acme.env, "partner", "remove", globex.host)
	words := strings.SplitN(acme.does("verify", globex.host), "\n", 2)[0]
	if theirs := globex.does("verify", acme.host); !strings.HasPrefix(theirs, words+"\nNobody has compared them") || len(strings.Fields(words)) != 6 {
		t.Errorf("%q, there %q", words, theirs)
	}
	fails(t, exitFailed, "these are not the words", acme.env, "partner", "verify", globex.host, "--confirm", "one two three four five six")
	acme.does("verify", globex.host, "--confirm", strings.ToUpper(words))
	if out := acme.does("verify", globex.host); out != words+"\n" {
		t.Error(out)
	}

	globex.does("narrow", acme.host, "--let", "follow", "--reason", "an audit")
	acme.sees(globex, "we may     follow; files up to 20MB")
	acme.sees(globex, `"an audit"; lets at most: follow`)
	globex.does("narrow", acme.host, "--let", "all")
	acme.sees(globex, "we may     everything; files up to 20MB")

	for verb, want := range map[string]string{"suspend": "all of it stands still", "end": "take out what is its own", "revoke": "stops at once and for good"} {
		s := entente(t, globex.env, "partner", verb, acme.host)
		if s.code != exitMisuse || !strings.Contains(s.out, want) || !strings.Contains(s.out, "No group has people of both.") || !strings.Contains(s.errs, "entente partner "+verb+" "+acme.host+" --yes") {
			t.Errorf("%s without being sure: %+v", verb, s)
		}
	}
	acme.sees(globex, globex.host+": active")
	globex.does("suspend", acme.host, "--reason", "a stolen laptop", "--yes")
	acme.sees(globex, `that side  suspended since`)
	acme.sees(globex, `"a stolen laptop"`)
	fails(t, exitFailed, "this side has not suspended it", acme.env, "partner", "resume", globex.host)
	globex.does("resume", acme.host)
	acme.sees(globex, globex.host+": active")
	if out := globex.does("fence"); out != "1 partner is suspended until you resume.\n"+acme.host+"\n" {
		t.Error(out)
	}
	acme.sees(globex, globex.host+": suspended")
	globex.sees(acme, acme.host+": suspended")
	globex.resumes(acme)
	acme.sees(globex, globex.host+": active")
	if out := acme.does("preview", globex.host, "end"); !regexp.MustCompile(`Until \d{4}-\d\d-\d\d`).MatchString(out) || !strings.Contains(out, "'entente partner export "+globex.host+" --to DIR'") {
		t.Errorf("before the end it says %q", out)
	}
	acme.does("end", globex.host, "--yes")
	globex.sees(acme, acme.host+": winding down")
	globex.sees(acme, "take out   until 20")
	dir := filepath.Join(t.TempDir(), "acme")
	if out := globex.does("export", acme.host, "--to", dir); !strings.Contains(out, "0 posts, 0 members and 0 files") {
		t.Errorf("the export says %q", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "threads.jsonl")); err != nil {
		t.Error(err)
	}
	globex.does("revoke", acme.host, "--yes")
	acme.sees(globex, globex.host+": revoked")
	if out := acme.does("list"); !strings.Contains(out, "revoked") {
		t.Error(out)
	}
	if log := does(t, globex.env, "audit", "list"); !regexp.MustCompile(`operator +partner\.exported +` + regexp.QuoteMeta(acme.host) + ` +messages="false"`).MatchString(log) {
		t.Errorf("no line of the export in\n%s", log)
	}
	for _, o := range []struct {
		office, other *office
		lines         string
	}{{acme, globex, "proposed accepted active confirmed terminated winding_down"}, {globex, acme, "countered narrowed paused resumed suspended fenced cut revoked"}} {
		log := does(t, o.office.env, "audit", "list")
		for _, line := range strings.Fields(o.lines) {
			if !regexp.MustCompile(`operator +partnership\.` + line + ` +` + regexp.QuoteMeta(o.other.host)).MatchString(log) {
				t.Errorf("no operator's line %s in\n%s", line, log)
			}
		}
	}
}

func TestOffersAreDeclinedAndWithdrawnByCommands(t *testing.T) {
	t.Parallel()
	acme, globex := opens(t, "acme"), opens(t, "globex")
	acme.does("propose", globex.host)
	globex.sees(acme, "They offer:\n  version 1")
	acme.sees(globex, "We have offered:\n  version 1")
	if out := acme.does("show", globex.host); !strings.Contains(out, "they may   comment, follow, mention, profile, react\n") {
		t.Error(out)
	}
	fails(t, exitFailed, "has offered nothing", acme.env, "partner", "accept", globex.host)
	fails(t, exitFailed, "there is an agreement with "+globex.host+" already", acme.env, "partner", "propose", globex.host)
	acme.does("decline", globex.host, "--reason", "too early")
	globex.sees(acme, acme.host+": withdrawn")
	acme.does("propose", globex.host)
	globex.sees(acme, "They offer:\n  version 1")
	globex.does("decline", acme.host)
	acme.sees(globex, globex.host+": declined")
	if log := does(t, globex.env, "audit", "list"); !regexp.MustCompile(`operator +partnership\.refused +` + regexp.QuoteMeta(acme.host)).MatchString(log) {
		t.Error(log)
	}
	fails(t, exitFailed, "after 30 days", acme.env, "partner", "propose", globex.host)
}

func TestWhatIsProposedWrongly(t *testing.T) {
	t.Parallel()
	env := acme(t)
	for want, args := range map[string][]string{
		"is nothing that can be granted":   {"propose", "globex.example", "--let", "everything"},
		"--file-size: a size is needed":    {"propose", "globex.example", "--file-size", "huge"},
		"--until: a day or a moment":       {"propose", "globex.example", "--until", "soon"},
		"is this instance itself":          {"propose", "acme.example"},
		"is nothing that can be previewed": {"preview", "globex.example", "resume"},
		"is a suffix that many share":      {"show", "co.uk"},
	} {
		fails(t, exitMisuse, want, env, append([]string{"partner"}, args...)...)
	}
	for _, verb := range []string{"show", "accept", "counter", "decline", "suspend", "resume", "narrow", "end", "revoke", "verify"} {
		fails(t, exitFailed, "there is no agreement with globex.example", env, "partner", verb, "globex.example")
	}
	fails(t, exitFailed, "there are no agreements yet", env, "partner", "show")
	if out := does(t, env, "partner", "preview", "globex.example"); !strings.Contains(out, "0 discussions and 0 private conversations between people of both in the last 30 days\n0 deliveries wait\n") {
		t.Error(out)
	}
}
