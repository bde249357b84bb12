package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// queries are the functions of bun and database/sql that take a piece of SQL, and
// which of their arguments it is.
var queries = map[string]int{
	"NewRaw": 0, "Raw": 0, "Safe": 0, "Where": 0, "WhereOr": 0, "Having": 0, "ColumnExpr": 0, "OrderExpr": 0, "GroupExpr": 0, "DistinctOn": 0,
	"Set": 0, "Join": 0, "JoinOn": 0, "JoinOnOr": 0, "TableExpr": 0, "ModelTableExpr": 0, "On": 0, "Returning": 0, "Value": 1, "For": 0,
	"ExecContext": 1, "QueryContext": 1, "QueryRowContext": 1, "PrepareContext": 1,
}

// A dialect is the source of one package that speaks SQL.
type dialect struct {
	t         *testing.T
	files     *token.FileSet
	calls     []call
	constants map[string]bool
	asked     map[parameter]bool // parameters that are pieces of SQL
	pieces    int                // that were looked at
}

// call is one with the function that it is in.
type call struct {
	*ast.CallExpr
	in     *ast.FuncDecl
	speaks bool // in a file that can make queries
}

type parameter struct {
	function string
	isMethod bool // there may be a function of the same name
	number   int
}

// Row 9: an address in a statement opened PeerTube to everybody (CVE-2026-73211). No
// linter that we know tells SQL made of constants from SQL made of what others sent, so
// this is one: each piece of SQL is written down in the source, in whole or in parts, and
// a function that takes one is its package's own and called with such only. All else goes
// in as an argument.
func TestAttack09NoSQLIsMadeOfVariables(t *testing.T) {
	t.Parallel()
	speak := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		speak[filepath.Dir(path)] = speak[filepath.Dir(path)] || err == nil && speaks(f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(speak, func(dir string, does bool) bool { return !does || strings.HasSuffix(dir, "storetest") }) // that makes databases for tests
	if !speak[filepath.Join("../..", "store")] {
		t.Fatal("the store was not found")
	}
	pieces := 0
	for dir := range speak {
		d := newDialect(t, dir)
		d.check()
		pieces += d.pieces
	}
	if pieces < 100 {
		t.Errorf("only %d pieces of SQL were found", pieces)
	}
}

// speaks says whether a file can make queries.
func speaks(f *ast.File) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool {
		name, err := strconv.Unquote(i.Path.Value)
		return err == nil && (name == "database/sql" || strings.HasPrefix(name, "github.com/uptrace/bun"))
	})
}

func newDialect(t *testing.T, dir string) *dialect {
	t.Helper()
	d := &dialect{t: t, files: token.NewFileSet(), constants: map[string]bool{}, asked: map[parameter]bool{}}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(d.files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			switch decl := decl.(type) {
			case *ast.GenDecl:
				d.learn(decl)
			case *ast.FuncDecl:
				ast.Inspect(decl, func(n ast.Node) bool {
					if c, ok := n.(*ast.CallExpr); ok {
						d.calls = append(d.calls, call{c, decl, speaks(f)})
					}
					return true
				})
			}
		}
	}
	return d
}

// learn takes in what constants are called.
func (d *dialect) learn(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		if v, ok := spec.(*ast.ValueSpec); ok && decl.Tok == token.CONST {
			for _, name := range v.Names {
				d.constants[name.Name] = true
			}
		}
	}
}

func (d *dialect) check() {
	d.t.Helper()
	for _, c := range d.calls {
		if at, is := queries[callee(c.CallExpr)]; is && c.speaks && at < len(c.Args) && !isStrings(c.CallExpr) {
			d.piece(c.Args[at], c.in)
		}
	}
	for done := map[parameter]bool{}; len(done) < len(d.asked); {
		for p := range maps.Clone(d.asked) {
			if done[p] {
				continue
			}
			done[p] = true
			for _, c := range d.calls {
				_, ofSomething := c.Fun.(*ast.SelectorExpr)
				if callee(c.CallExpr) == p.function && ofSomething == p.isMethod && p.number < len(c.Args) {
					d.piece(c.Args[p.number], c.in)
				}
			}
		}
	}
}

// piece looks at one piece of SQL.
func (d *dialect) piece(e ast.Expr, in *ast.FuncDecl) {
	d.t.Helper()
	d.pieces++
	if d.isConstant(e, in) {
		return
	}
	d.t.Errorf("%s: SQL is made of something that is no constant", d.files.Position(e.Pos()))
}

func (d *dialect) isConstant(e ast.Expr, in *ast.FuncDecl) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.ParenExpr:
		return d.isConstant(e.X, in)
	case *ast.BinaryExpr:
		return d.isConstant(e.X, in) && d.isConstant(e.Y, in)
	case *ast.Ident:
		return d.isNamed(e.Name, in)
	case *ast.CallExpr:
		return callee(e) == "built" // takes a query of bun, whose pieces are looked at where it gets them
	}
	return false
}

// isNamed: a constant, a parameter that is asked for at each call, or a variable that
// is given constants only.
func (d *dialect) isNamed(name string, in *ast.FuncDecl) bool {
	number := 0
	for _, field := range in.Type.Params.List {
		for _, param := range field.Names {
			if param.Name == name {
				d.asked[parameter{in.Name.Name, in.Recv != nil, number}] = true
				at, overrides := queries[in.Name.Name] // a method in place of bun's: its calls are looked at as bun's are
				return !in.Name.IsExported() || overrides && at == number && in.Recv != nil
			}
			number++
		}
	}
	given, constant := 0, true
	give := func(to, value ast.Expr) {
		if id, ok := to.(*ast.Ident); ok && id.Name == name {
			given++
			constant = constant && d.isConstant(value, in)
		}
	}
	ast.Inspect(in, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				give(to, n.Rhs[min(i, len(n.Rhs)-1)])
			}
		case *ast.ValueSpec:
			for i, to := range n.Names {
				if len(n.Values) > 0 {
					give(to, n.Values[min(i, len(n.Values)-1)])
				}
			}
		case *ast.RangeStmt:
			if list, ok := n.X.(*ast.CompositeLit); ok {
				for _, value := range list.Elts {
					give(n.Value, value)
				}
			} else {
				give(n.Value, n.X)
			}
		}
		return true
	})
	return constant && (given > 0 || d.constants[name])
}

// callee is the name of what is called.
func callee(c *ast.CallExpr) string {
	fun := c.Fun
	switch generic := fun.(type) {
	case *ast.IndexExpr:
		fun = generic.X
	case *ast.IndexListExpr:
		fun = generic.X
	}
	switch fun := fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	}
	return ""
}

// isStrings says whether it is a function of the package strings, errors or such,
// which have a Join too.
func isStrings(c *ast.CallExpr) bool {
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	on, ok := s.X.(*ast.Ident)
	return ok && slices.Contains([]string{"strings", "errors", "filepath", "url"}, on.Name)
}
