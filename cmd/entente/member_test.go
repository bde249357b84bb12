package main

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"entente.example/entente/store"
	"entente.example/entente/store/passwords"
)

// open is the database behind an environment of acme.
func open(t *testing.T, env []string) *store.Store {
	t.Helper()
	c, _, err := ReadConfig(env, nil)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(c.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestAMemberIsAddedWithAPasswordThatWorks(t *testing.T) {
	t.Parallel()
	env := acme(t)
	out := does(t, env, "member", "add", "alice", "--name", "Alice Martin", "--email", "alice@acme.example", "--admin")
	if !strings.Contains(out, "alice@acme.example is a member now.") {
		t.Error(out)
	}
	_, password, _ := strings.Cut(out, "only this once: ")
	m, err := open(t, env).MemberByEmail(t.Context(), "alice@acme.example")
	if err != nil || !m.Admin || !passwords.Check(m.Password, strings.TrimSpace(password)) {
		t.Fatalf("%+v, %v; the printed password was %q", m, err, password)
	}
}

func TestAPasswordIsReadFromStandardInput(t *testing.T) {
	t.Parallel()
	env := acme(t)
	s := ententeWith(t, "correct horse battery\nnot this\n", env, "member", "add", "bob", "--email", "bob@acme.example", "--password-stdin")
	if s.code != 0 || strings.Contains(s.out, "correct horse") {
		t.Fatalf("%+v", s)
	}
	m, err := open(t, env).MemberByEmail(t.Context(), "bob@acme.example")
	if err != nil || !passwords.Check(m.Password, "correct horse battery") {
		t.Fatal("the password does not fit", err)
	}
	s = ententeWith(t, "short\n", env, "member", "add", "carl", "--email", "carl@acme.example", "--password-stdin")
	if s.code != exitFailed || !strings.Contains(s.errs, "a password has 10 to 1024 characters") {
		t.Fatalf("%+v", s)
	}
}

func TestMembersThatCannotBeAreRefusedInOneSentence(t *testing.T) {
	t.Parallel()
	env := acme(t)
	does(t, env, "member", "add", "alice", "--email", "alice@acme.example")
	fails(t, exitFailed, "the name alice is taken", env, "member", "add", "alice", "--email", "other@acme.example")
	fails(t, exitFailed, "this e-mail address already", env, "member", "add", "alicia", "--email", "Alice@acme.example")
	fails(t, exitFailed, "a username has 1 to 30", env, "member", "add", "Al!ce", "--email", "al@acme.example")
	fails(t, exitMisuse, "--email: ", env, "member", "add", "dora", "--email", "Dora <dora@acme.example>")
	fails(t, exitMisuse, "--email: ", env, "member", "add", "dora")
	fails(t, exitFailed, `there is no member "eve" here`, env, "member", "lock", "eve")
	fails(t, exitFailed, "there is no member", env, "member", "lock", "alice@globex.example")
}

func TestMembersAreListed(t *testing.T) {
	t.Parallel()
	env := acme(t)
	if out := does(t, env, "member", "list"); !strings.Contains(out, "no members yet") {
		t.Error(out)
	}
	if out := does(t, env, "member", "list", "--json"); strings.TrimSpace(out) != "[]" {
		t.Error(out)
	}
	does(t, env, "member", "add", "alice", "--name", "Alice Martin", "--email", "alice@acme.example", "--admin")
	does(t, env, "member", "add", "bob", "--email", "bob@acme.example")
	out := does(t, env, "member", "list")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], "Alice Martin  alice@acme.example  yes") {
		t.Error(out)
	}
	var listed []memberLine
	if err := json.Unmarshal([]byte(does(t, env, "member", "list", "--json")), &listed); err != nil {
		t.Fatal(err)
	}
	if len(listed) != 2 || listed[1].Handle != "bob@acme.example" || listed[1].Admin || listed[0].Since.IsZero() {
		t.Errorf("%+v", listed)
	}
}

func TestALockKeepsOutUntilUnlocked(t *testing.T) {
	t.Parallel()
	env := acme(t)
	does(t, env, "member", "add", "alice", "--email", "alice@acme.example")
	token := strings.TrimSpace(does(t, env, "member", "token", "alice", "--scopes", "read write follow"))
	db := open(t, env)
	v, err := db.ViewerByToken(t.Context(), token)
	if err != nil || v.Actor.Username != "alice" || !v.May("write:statuses") || !v.May("write:follows") {
		t.Fatalf("token %q: %+v, %v", token, v, err)
	}
	does(t, env, "member", "lock", "@alice@acme.example")
	if _, err := db.ViewerByToken(t.Context(), token); err == nil {
		t.Error("the token outlives the lock")
	}
	fails(t, exitFailed, "is locked", env, "member", "token", "alice")
	does(t, env, "member", "unlock", "alice")
	token = strings.TrimSpace(does(t, env, "member", "token", "alice"))
	if v, err := db.ViewerByToken(t.Context(), token); err != nil || v.May("write:statuses") {
		t.Errorf("the token that only reads: %+v, %v", v, err)
	}
}

func TestTheFirstTokensMayBeMadeAtOnce(t *testing.T) {
	t.Parallel()
	env := acme(t)
	does(t, env, "member", "add", "alice", "--email", "alice@acme.example")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if s := entente(t, env, "member", "token", "alice"); s.code != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
	all.Wait()
}
