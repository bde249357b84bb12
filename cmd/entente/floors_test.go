package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "entente.example/entente/"

// floors are the rooms of the house, the lowest first (architecture.md §2). A
// package may import those of a lower floor, never those of its own or of a
// higher one; parts of one room may import each other.
var floors = [][]string{
	{"activity/limits"}, {"activity"},
	{"store"},
	{"federation/limit"}, {"federation/httpsign"}, {"federation/proof"}, {"federation/card"}, {"federation/succession"}, {"federation/agreement"}, {"federation/names"}, {"federation/policy"}, {"federation/remote"}, {"federation/resolve"}, {"federation/picture"}, {"federation/media"}, {"federation/export"}, {"federation/compose"}, {"federation/partnership"},
	{"federation"}, {"federation/server"}, {"federation/interop"}, {"federation/sending"},
	{"api", "web", "worker"},
	{"cmd", "e2e"},
}

// room is the name in floors that a package belongs to: the longest one.
func room(path string) (name string, floor int) {
	floor = -1
	for i, rooms := range floors {
		for _, r := range rooms {
			if (path == r || strings.HasPrefix(path, r+"/")) && len(r) > len(name) {
				name, floor = r, i
			}
		}
	}
	return name, floor
}

func TestFloorsOnlyGoDown(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-e", "-f", "{{range .Imports}}{{$.ImportPath}} {{.}}\n{{end}}", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		from, inside := strings.CutPrefix(from, module)
		to, ours := strings.CutPrefix(to, module)
		if !inside || !ours {
			continue
		}
		fromRoom, fromFloor := room(from)
		toRoom, toFloor := room(to)
		switch {
		case fromFloor < 0:
			t.Errorf("%s is on no floor: say in floors on which", from)
		case fromRoom != toRoom && fromFloor <= toFloor:
			t.Errorf("%s may not import %s", from, to)
		}
	}
}

// The budgets of architecture.md §3, tests apart. A longer one has a second
// name hiding in it.
const (
	packageLines  = 2500
	shelfLines    = 11000
	fileLines     = 400
	functionLines = 40
)

// shelves are packages of many files that do not know each other, one for each
// verb, noun or page: there, the file is the unit that somebody reads (decision 6).
var shelves = map[string]bool{"activity": true, "federation": true, "store": true, "api/mastodon": true, "web": true, "cmd/entente": true}

func TestFloorsKeepTheirBudgets(t *testing.T) {
	t.Parallel()
	packages := map[string]int{}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "../.." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "data"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		lines := files.File(f.Pos()).LineCount() - 1
		packages[filepath.Dir(path)] += lines
		if lines >= fileLines {
			t.Errorf("%s has %d lines; a file stays under %d", path, lines, fileLines)
		}
		checkFunctions(t, files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, lines := range packages {
		limit := packageLines
		if rel, err := filepath.Rel("../..", dir); err == nil && shelves[filepath.ToSlash(rel)] {
			limit = shelfLines
		}
		if lines >= limit {
			t.Errorf("%s has %d lines; it stays under %d", dir, lines, limit)
		}
	}
}

// checkFunctions counts the lines between the braces of each function; one
// written inside another counts there.
func checkFunctions(t *testing.T, files *token.FileSet, f *ast.File) {
	t.Helper()
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		from, to := files.Position(fn.Body.Lbrace), files.Position(fn.Body.Rbrace)
		if lines := to.Line - from.Line - 1; lines >= functionLines {
			t.Errorf("%s: %s has %d lines; a function stays under %d", from, fn.Name.Name, lines, functionLines)
		}
	}
}
