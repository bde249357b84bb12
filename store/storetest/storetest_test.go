package storetest

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// without is set in a copy of the test program whose TestMain forgets Run.
const without = "ENTENTE_TEST_WITHOUT_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(without) != "" {
		os.Exit(m.Run())
	}
	os.Exit(Run(m))
}

func TestWithoutRunATestFailsAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	out, err := again(t, without+"=yes")
	if err == nil || !strings.Contains(out, "storetest.Run(m)") {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestRunUsesTheServerThatIsGiven(t *testing.T) {
	t.Parallel()
	if out, err := again(t, "ENTENTE_TEST_DATABASE_URL="+current.Load().address); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := again(t, "ENTENTE_TEST_DATABASE_URL=host='/nowhere'")
	if err == nil || !strings.Contains(out, "no tests without a database: ") {
		t.Fatalf("%v: %s", err, out)
	}
}

// again runs one test in another process, with one more variable.
func again(t *testing.T, variable string) (output string, err error) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestADatabaseIsMigratedAndNobodyElses$")
	cmd.Env = append(os.Environ(), variable)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestADatabaseIsMigratedAndNobodyElses(t *testing.T) {
	t.Parallel()
	for range 2 { // the second is not the first
		dsn := DSN(t)
		db := pool(t, dsn)
		for _, statement := range []string{"SELECT FROM bun_migrations", "CREATE TABLE mine (word text)"} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	s := New(t)
	if pending, err := s.Pending(t.Context()); err != nil || len(pending) > 0 {
		t.Fatalf("pending: %v, %v", pending, err)
	}
}

func TestADatabaseIsDroppedAtTheEndThoughAPoolIsOpen(t *testing.T) {
	t.Parallel()
	var dsn string
	var left *sql.DB
	t.Run("a test that leaves its pool open", func(t *testing.T) {
		dsn = DSN(t)
		left, _ = sql.Open("pgx", dsn)
		if err := left.PingContext(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	left.Close()
	if err := pool(t, dsn).PingContext(t.Context()); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Fatalf("the database is still there: %v", err)
	}
}

func TestAnAddressMayBeAURLOrKeysAndValues(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"postgres://a:b@db:5433/postgres?sslmode=disable": "postgres://a:b@db:5433/x?sslmode=disable",
		"host='/a b' dbname='postgres'":                   "host='/a b' dbname='postgres' dbname=x",
	} {
		if got := (&server{address: address}).dsn("x"); got != want {
			t.Errorf("%s becomes %s; want %s", address, got, want)
		}
	}
}

func TestTheTemplatesNameFollowsFromTheMigrations(t *testing.T) {
	t.Parallel()
	name := func(path, text string) string {
		got, err := templateName(fstest.MapFS{path: {Data: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	one := name("a.sql", "x")
	if one != name("a.sql", "x") || one == name("a.sql", "y") || one == name("b.sql", "x") {
		t.Fatal("a name does not tell two sets of migrations apart")
	}
}

func TestOneTemplateServesManyProcesses(t *testing.T) {
	t.Parallel()
	first, err := open(current.Load().address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { first.db.Close() })
	name, err := first.create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := first.drop(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	mine, _ := first.template()
	if theirs, _ := current.Load().template(); mine != theirs {
		t.Fatalf("two templates, %s and %s", mine, theirs)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		s := current.Load()
		name, err := s.create(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if err := s.drop(b.Context(), name); err != nil {
			b.Fatal(err)
		}
	}
}

func pool(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestFoldersOfKilledTestProgramsAreSwept(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	const nobody = 1 << 30 // more than a process number can be
	dead := filepath.Join(parent, fmt.Sprintf("entente-test-%d-1", nobody))
	alive := filepath.Join(parent, fmt.Sprintf("entente-test-%d-1", os.Getpid()))
	for _, dir := range []string{dead, alive} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	sweep(parent)
	if left, err := filepath.Glob(filepath.Join(parent, "*")); err != nil || len(left) != 1 || left[0] != alive {
		t.Fatalf("left: %v, %v", left, err)
	}
}
