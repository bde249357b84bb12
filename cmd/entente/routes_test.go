package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// doors are the functions that add routes to a mux: each serves a table in which
// every line names its policy, or something that is no secret.
var doors = []string{
	"federation/server Routes", // Table
	"api Mount",                // Route.Policy
	"api/mastodon Routes",      // what is not there
	"web Routes", "web routes", // table
	"cmd/entente Routes", // health, metrics
}

// A route that is added anywhere else has no policy that a test could ask for.
func TestAttack25NoRouteIsAddedBesideTheTables(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("../..", filepath.Dir(path))
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) != 2 { // a pattern and a handler
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || sel.Sel.Name != "Handle" && sel.Sel.Name != "HandleFunc" {
					return true
				}
				found++
				if name := filepath.ToSlash(rel) + " " + fn.Name.Name; !slices.Contains(doors, name) && !strings.HasPrefix(name, "cmd/entente/demo") {
					t.Errorf("%s adds a route in %s: put a line with a policy into a table instead", path, fn.Name.Name)
				}
				return true
			})
		}
		return err
	})
	if err != nil || found < 8 {
		t.Fatalf("%d routes are added, %v", found, err)
	}
}
