package postgres

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFindTakesThePathFirstAndThenTheNewestThatIsNewEnough(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := func(name string) string { return filepath.Join(root, name) }
	programs(t, dir("pg/9.6/bin"), "9.6.24")
	programs(t, dir("pg/14/bin"), "14.9")
	programs(t, dir("pg/15/bin"), "15.18 (Debian 15.18-0+deb12u1)")
	programs(t, dir("pg/17/bin"), "17.2")
	programs(t, dir("pg/19/bin"), "19devel")
	programs(t, dir("own"), "16.1")
	globs := []string{dir("pg/*/bin")}
	old := []string{dir("pg/9*/bin"), dir("pg/14/bin")}
	for name, tc := range map[string]struct {
		in    places
		major int
		want  string
	}{
		"the newest":                {places{"", globs}, 0, "pg/19/bin"},
		"a folder of the path":      {places{dir("own"), globs}, 0, "own"},
		"a relative folder":         {places{"own", globs}, 0, "pg/19/bin"},
		"too old in the path":       {places{dir("pg/14/bin"), globs}, 0, "pg/19/bin"},
		"only too old":              {places{"", old}, 0, ""},
		"nothing":                   {places{dir("empty"), nil}, 0, ""},
		"the version of a database": {places{dir("own"), globs}, 15, "pg/15/bin"},
		"a version not here":        {places{dir("own"), globs}, 18, ""},
	} {
		got, err := tc.in.find(tc.major)
		if tc.want == "" {
			sentence(t, err, "apt-get install postgresql")
		} else if err != nil || got != dir(tc.want) {
			t.Errorf("%s: %s, %v; want %s", name, got, err, tc.want)
		}
	}
}

func TestFindAsksPgConfig(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	hidden, listed := filepath.Join(root, "hidden"), filepath.Join(root, "listed")
	programs(t, hidden, "16.4")
	program := "#!/bin/sh\necho '" + hidden + "'\n"
	if err := os.MkdirAll(listed, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(listed, "pg_config"), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := (places{path: listed}).find(0); err != nil || got != hidden {
		t.Fatalf("%s, %v", got, err)
	}
}

// programs makes server programs that know only their version.
func programs(t *testing.T, dir, version string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
