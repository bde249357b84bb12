package main

import (
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// in is env with one setting changed.
func in(env []string, name, value string) []string {
	changed := []string{name + "=" + value}
	for _, line := range env {
		if !strings.HasPrefix(line, name+"=") {
			changed = append(changed, line)
		}
	}
	return changed
}

func TestAPortInUseIsOneSentence(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	folder := filepath.Join(t.TempDir(), "data")
	env := in(in(acme(t), "ENTENTE_LISTEN", l.Addr().String()), "ENTENTE_DATA", folder)
	fails(t, exitFailed, "the address "+l.Addr().String()+" is in use by another program", env, "serve")
	env = in(in(env, "ENTENTE_LISTEN", "127.0.0.1:0"), "ENTENTE_METRICS_LISTEN", l.Addr().String())
	fails(t, exitFailed, "choose another with ENTENTE_METRICS_LISTEN", env, "serve")
	fails(t, exitFailed, "choose another with ENTENTE_METRICS_LISTEN", env, "worker")
	if _, err := os.Stat(folder); err == nil {
		t.Error("something was begun before the address was tried")
	}
}

func TestAFolderThatCannotBeWrittenToIsOneSentence(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{file, filepath.Join(file, "data"), "/proc/entente"} {
		env := in(acme(t), "ENTENTE_DATA", folder)
		fails(t, exitFailed, "the data folder "+folder+" cannot be written to", env, "member", "list")
		fails(t, exitFailed, "the data folder "+folder+" cannot be written to", in(env, "ENTENTE_LISTEN", "127.0.0.1:0"), "serve")
	}
	fails(t, exitFailed, "cannot be written to", nil, "demo", "--data", file)
}

func TestTheDataFolderIsForUsAlone(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "new", "data")
	does(t, in(acme(t), "ENTENTE_DATA", folder), "member", "list")
	info, err := os.Stat(folder)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatal(info, err)
	}
}

func TestADatabaseOfANewerProgramIsLeftAlone(t *testing.T) {
	t.Parallel()
	env := acme(t)
	does(t, env, "member", "list")
	execute(t, env, "INSERT INTO bun_migrations (name, group_id, migrated_at) VALUES ('29990101000000', 9, now())")
	const want = "the database was migrated by a newer Entente (step 29990101000000"
	fails(t, exitFailed, want, env, "member", "list")
	fails(t, exitFailed, want, env, "migrate")
	fails(t, exitFailed, want, env, "migrate", "--pending")
	fails(t, exitFailed, want, in(env, "ENTENTE_LISTEN", "127.0.0.1:0"), "serve")
	fails(t, exitFailed, want, env, "worker")
}

func TestADatabaseThatIsBehindIsMigratedOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	env := acme(t)
	if out := does(t, env, "migrate"); !strings.Contains(out, "up to date") {
		t.Error(out)
	}
	execute(t, env, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
	pending := does(t, env, "migrate", "--pending")
	if !strings.Contains(pending, "_foundation\n") {
		t.Errorf("a new database lacks %q", pending)
	}
	if took := does(t, env, "migrate"); took != pending {
		t.Errorf("it lacked %q, and took %q", pending, took)
	}
	execute(t, env, "DELETE FROM bun_migrations WHERE id = (SELECT max(id) FROM bun_migrations)")
	fails(t, exitFailed, "run 'entente migrate' first", env, "member", "list")
}

func TestADatabaseOfAnotherInstanceIsOneSentence(t *testing.T) {
	t.Parallel()
	env := acme(t)
	does(t, env, "member", "list")
	fails(t, exitFailed, "this database belongs to acme.example", in(env, "ENTENTE_HOST", "globex.example"), "member", "list")
}

func TestADatabaseThatCannotBeReachedIsOneSentence(t *testing.T) {
	t.Parallel()
	env := in(acme(t), "ENTENTE_DATABASE_URL", "postgres://acme:hush@127.0.0.1:1/acme")
	fails(t, exitFailed, "the database of ENTENTE_DATABASE_URL cannot be reached", env, "member", "list")
	if s := entente(t, env, "member", "list"); strings.Contains(s.errs, "hush") {
		t.Errorf("the password is told: %s", s.errs)
	}
}

func execute(t *testing.T, env []string, statement string) {
	t.Helper()
	c, _, err := ReadConfig(env, nil)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", c.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
