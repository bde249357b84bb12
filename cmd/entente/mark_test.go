package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"entente.example/entente/store/storetest"
)

// valueOf is one of an environment.
func valueOf(env []string, name string) string {
	value := ""
	for _, line := range env {
		if v, is := strings.CutPrefix(line, name+"="); is {
			value = v
		}
	}
	return value
}

// backup copies the database of an environment, which nobody uses, and gives the
// environment with the copy.
func backup(t *testing.T, env []string) []string {
	t.Helper()
	from, err := pgx.ParseConfig(valueOf(env, "ENTENTE_DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	copied := storetest.DSN(t)
	to, err := pgx.ParseConfig(copied)
	if err != nil {
		t.Fatal(err)
	}
	admin := from.Copy()
	admin.Database = "postgres"
	conn, err := pgx.ConnectConfig(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, q := range []string{"DROP DATABASE ", "CREATE DATABASE "} {
		q += pgx.Identifier{to.Database}.Sanitize()
		if strings.HasPrefix(q, "CREATE") {
			q += " TEMPLATE " + pgx.Identifier{from.Database}.Sanitize()
		}
		if _, err := conn.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	return append(slices.Clone(env), "ENTENTE_DATABASE_URL="+copied)
}

// agreesWith is another company that both have signed an agreement with; stop ends it.
func agreesWith(t *testing.T, acme *office) (globex *office, address string, stop func()) {
	t.Helper()
	address = freeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	globex = &office{t: t, host: "globex.localhost:" + port}
	globex.env = append(slices.Clone(acme.env), "ENTENTE_DATA="+t.TempDir(), "ENTENTE_DATABASE_URL="+storetest.DSN(t), "ENTENTE_HOST="+globex.host, "ENTENTE_LISTEN="+address)
	stop = running(t, globex.env, address, "serve")
	acme.does("propose", globex.host, "--let", "all", "--take", "all")
	globex.sees(acme, acme.host+": proposed")
	globex.does("accept", acme.host, "--yes")
	acme.sees(globex, globex.host+": active")
	return globex, address, stop
}

// A database that is older than its instance stands still by itself; one that is not does not.
func TestARestoredDatabaseStartsFenced(t *testing.T) {
	t.Parallel()
	acme := opens(t, "acme")
	globex, address, stop := agreesWith(t, acme)
	stop()

	fenced := func(env []string) bool {
		t.Helper()
		return strings.Contains(does(t, env, "partner", "show", acme.host), "it was restored from a backup")
	}
	file := filepath.Join(valueOf(globex.env, "ENTENTE_DATA"), markFile)
	early, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	old := backup(t, globex.env)
	globex.does("narrow", acme.host, "--let", "follow")
	if err := os.WriteFile(file, early, 0o600); err != nil { // it was killed before it wrote its mark
		t.Fatal(err)
	}
	if fenced(globex.env) {
		t.Error("a database that is younger than its mark is fenced")
	}
	if !fenced(old) {
		t.Fatal("a database from a backup is not fenced")
	}
	if log := does(t, old, "audit", "list"); strings.Count(log, "instance.restored") != 1 {
		t.Errorf("the audit log says\n%s", log)
	}
	stop = running(t, old, address, "serve")
	t.Cleanup(stop)
	restored := &office{t: t, host: globex.host, env: old}
	acme.sees(restored, globex.host+": suspended")
	restored.does("resume", acme.host)
	acme.sees(restored, globex.host+": active")

	lost := append(slices.Clone(old), "ENTENTE_DATA="+t.TempDir())
	if !fenced(lost) {
		t.Error("an instance that has lost its data folder is not fenced")
	}
	if log := does(t, acme.env, "audit", "list"); strings.Contains(log, "restored") {
		t.Errorf("who was never restored says\n%s", log)
	}
}

// What was decided and told to nobody is not forgotten with the database.
func TestAnEndThatNobodyHeardOutlivesItsDatabase(t *testing.T) {
	t.Parallel()
	acme := opens(t, "acme")
	globex, address, stop := agreesWith(t, acme)
	stop()
	old := backup(t, globex.env)
	globex.does("revoke", acme.host, "--yes")
	if out := does(t, old, "partner", "show", acme.host); !strings.Contains(out, acme.host+": revoked") {
		t.Fatalf("the backup says\n%s", out)
	}
	file := filepath.Join(valueOf(globex.env, "ENTENTE_DATA"), markFile)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("anybody may read what is agreed: %v %v", info, err)
	}
	empty := append(slices.Clone(old), "ENTENTE_DATABASE_URL="+storetest.DSN(t))
	if out := does(t, empty, "partner", "show", acme.host); !strings.Contains(out, acme.host+": revoked") {
		t.Errorf("an empty database says\n%s", out)
	}
	t.Cleanup(running(t, old, address, "serve"))
	acme.sees(globex, globex.host+": revoked")
	if s := entente(t, old, "partner", "resume", acme.host); s.code == 0 {
		t.Errorf("it is resumed: %s", s.out)
	}
}

// rests is a company that has been at work and is not now.
func rests(t *testing.T) *office {
	t.Helper()
	address := freeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	o := &office{t: t, host: "acme.localhost:" + port}
	o.env = append(acme(t), "ENTENTE_HOST="+o.host, "ENTENTE_LISTEN="+address)
	running(t, o.env, address, "serve")()
	return o
}

// A partner by our word alone may have been shut out since the backup: it waits for an admin.
func TestAPartnerByOurWordAloneIsConfirmedAfterARestore(t *testing.T) {
	t.Parallel()
	acme := rests(t)
	acme.does("allow", "forum.example", "--note", "the forum")
	old := backup(t, acme.env)
	acme.does("remove", "forum.example")
	list := func() string {
		t.Helper()
		return does(t, old, "partner", "list")
	}
	if out := list(); !strings.Contains(out, "restored from a backup") || !strings.Contains(out, "entente partner resume") {
		t.Fatalf("after a restore the partners are\n%s", out)
	}
	if log := does(t, old, "audit", "list"); strings.Count(log, "instance.restored") != 1 || strings.Count(log, "partner.fenced") != 1 {
		t.Errorf("the audit log says\n%s", log)
	}
	restored := &office{t: t, host: acme.host, env: old}
	restored.does("allow", "forum.example", "--note", "still the forum")
	if out := list(); !strings.Contains(out, "restored from a backup") {
		t.Errorf("a new note confirms it:\n%s", out)
	}
	restored.does("resume", "forum.example")
	if out := list(); strings.Contains(out, "restored") {
		t.Errorf("when it is confirmed the partners are\n%s", out)
	}
	fails(t, exitFailed, "", old, "partner", "resume", "forum.example")
	if log := does(t, old, "audit", "list"); strings.Count(log, "partner.confirmed") != 1 {
		t.Errorf("the audit log says\n%s", log)
	}
}

// Also where there are no partners at all it is said that the database was restored.
func TestARestoreIsAlwaysSaid(t *testing.T) {
	t.Parallel()
	acme := rests(t)
	old := backup(t, acme.env)
	acme.does("allow", "forum.example")
	if log := does(t, old, "audit", "list"); strings.Count(log, "instance.restored") != 1 {
		t.Errorf("the audit log says\n%s", log)
	}
}
