package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// oldest is the first major version of Postgres that Entente works with.
const oldest = 15

// places are where the server programs may be.
type places struct {
	path  string   // a list of folders, as in the variable PATH
	globs []string // folders, with wildcards; among those the newest is best
}

func machine() places {
	return places{os.Getenv("PATH"), []string{
		"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
		"/usr/pgsql-*/bin",                  // Fedora and Red Hat, packages of the Postgres project
		"/usr/libexec/postgresql*",          // Alpine
		"/opt/homebrew/opt/postgresql*/bin", // Homebrew on ARM
		"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		"/usr/local/pgsql/bin", // built from source
		"/usr/bin",             // Fedora's own, when PATH is empty
	}}
}

// Find gives the folder of the programs initdb and postgres, version 15 or
// newer: from PATH, else the newest of the places where packages put them. The
// error is one sentence that says what to install.
func Find() (bindir string, err error) { return machine().find(0) }

// find is Find for one major version; 0 is any that is new enough.
func (in places) find(major int) (string, error) {
	best, newest := "", oldest-1
	for _, dir := range in.candidates() {
		v := version(dir)
		switch {
		case major != 0 && v != major:
		case v > newest:
			best, newest = dir, v
		}
		if best != "" && slices.Contains(filepath.SplitList(in.path), dir) {
			break // the operator's choice comes first
		}
	}
	switch {
	case best != "":
		return best, nil
	case major != 0:
		return "", fmt.Errorf("the database was made by Postgres %d, whose server programs are not here: install them (Debian, Ubuntu: apt-get install postgresql-%[1]d)", major)
	default:
		return "", errors.New("the server programs of Postgres 15 or newer (initdb, postgres) are not here: install them (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; Homebrew: brew install postgresql@17), or set ENTENTE_DATABASE_URL")
	}
}

func (in places) candidates() []string {
	listed := slices.DeleteFunc(filepath.SplitList(in.path), func(dir string) bool { return !filepath.IsAbs(dir) })
	dirs := slices.Clone(listed)
	for _, glob := range in.globs {
		found, _ := filepath.Glob(glob) // fails only on a bad pattern
		dirs = append(dirs, found...)
	}
	for _, dir := range listed {
		out, err := exec.Command(filepath.Join(dir, "pg_config"), "--bindir").Output()
		if err == nil {
			dirs = append(dirs, strings.TrimSpace(string(out)))
		}
	}
	return dirs
}

// version is the major version of the server programs in dir; 0 when one of them
// is missing or does not run.
func version(dir string) int {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return 0
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	_, number, _ := strings.Cut(string(out), ") ") // postgres (PostgreSQL) 15.18 (Debian ...)
	major := 0
	fmt.Sscanf(number, "%d", &major) // stays 0 if there is no number
	return major
}

// major is the version that made the database in f; 0 when there is none.
func (f folder) major() int {
	text, _ := os.ReadFile(filepath.Join(f.cluster(), "PG_VERSION"))
	major, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return major
}
