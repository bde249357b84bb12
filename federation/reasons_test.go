package federation

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"entente.example/entente/activity"
)

// spoken are the packages whose refusals another server is answered with, or finds in the
// answers that we keep of what it has sent.
var spoken = []string{"../activity", "../activity/canonical", ".", "agreement", "card", "httpsign", "partnership", "policy", "proof", "remote", "resolve", "server"}

// reason is a code: the statuses that it comes with, and what is said of it first.
type reason struct {
	statuses map[string]bool
	says     string
}

// FEDERATION.md has every code with what the program itself says of it.
func TestTheTableOfReasonsIsMadeOfTheRefusals(t *testing.T) {
	t.Parallel()
	all := map[string]reason{}
	for _, dir := range spoken {
		readReasons(t, dir, all)
	}
	if all["reframed"].says == "" || all["not_a_partner"].says == "" || all["signature_wrong"].statuses["401"] == false {
		t.Fatalf("these were not all found: %v", all)
	}
	var b strings.Builder
	b.WriteString("| code | status | what is wrong |\n|---|---|---|\n")
	for _, code := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", code, strings.Join(slices.Sorted(maps.Keys(all[code].statuses)), ", "), all[code].says)
	}
	keeps(t, "reasons", b.String(), "TableOfReasons")
}

// readReasons finds what the files of a folder refuse.
func readReasons(t *testing.T, dir string, all map[string]reason) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	named := map[string]string{} // constants
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
		constants(f, named)
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if kind, code, says := refusal(call, named); code != "" {
				r := all[code]
				if r.statuses == nil {
					r = reason{map[string]bool{}, says}
				}
				r.statuses[strconv.Itoa(kind.Status())] = true
				all[code] = r
			}
			return true
		})
	}
}

// kinds are the names that a refusal is given a kind by.
var kinds = map[string]activity.Kind{"Internal": activity.Internal, "Invalid": activity.Invalid, "Unauthenticated": activity.Unauthenticated, "Denied": activity.Denied, "NotFound": activity.NotFound,
	"Conflict": activity.Conflict, "Gone": activity.Gone, "TooLarge": activity.TooLarge, "WrongType": activity.WrongType, "TooMany": activity.TooMany, "Later": activity.Later}

// refusal is what a call refuses, if it does: by Refuse or Because, or by the functions that
// stand for them in a package, reject (of signatures and proofs) and wrong (of terms). A code
// that is only handed on is none.
func refusal(call *ast.CallExpr, named map[string]string) (kind activity.Kind, code, says string) {
	name := nameOf(call.Fun)
	at, has := map[string]int{"Refuse": 1, "Because": 1, "reject": 0, "wrong": 0}[name]
	if !has || len(call.Args) < at+2 {
		return 0, "", ""
	}
	switch name {
	case "reject":
		kind = activity.Unauthenticated
	case "wrong":
		kind = activity.Invalid
	default:
		kind = kinds[nameOf(call.Args[0])]
	}
	said := call.Args[at+1:]
	if name == "Because" {
		said = said[1:] // after the cause
	}
	return kind, codeOf(call.Args[at], named), sentence(said)
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// codeOf is a code as it is written: whole, as a constant, or as the beginning of one.
func codeOf(e ast.Expr, named map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		code, _ := strconv.Unquote(e.Value)
		return code
	case *ast.BinaryExpr:
		if begins := codeOf(e.X, named); begins != "" {
			return begins + "…"
		}
	}
	return named[nameOf(e)]
}

var filledIn = regexp.MustCompile(`%[-+.0-9]*[a-z]`)

// sentence is what is said, with a gap for what is filled in.
func sentence(said []ast.Expr) string {
	text := textOf(said[0])
	if text == "%s" && len(said) > 1 {
		text = textOf(said[1])
	}
	return strings.ReplaceAll(filledIn.ReplaceAllString(text, "…"), "|", `\|`)
}

func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text
	case *ast.BinaryExpr:
		return textOf(e.X) + textOf(e.Y)
	case *ast.CallExpr:
		if nameOf(e.Fun) == "Sprintf" {
			return textOf(e.Args[0])
		}
	}
	return "…"
}

// constants are the texts that a file gives names to.
func constants(f *ast.File, named map[string]string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if g, ok := n.(*ast.GenDecl); ok && g.Tok == token.CONST {
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, name := range v.Names {
					if i < len(v.Values) {
						if lit, ok := v.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
							named[name.Name], _ = strconv.Unquote(lit.Value)
						}
					}
				}
			}
		}
		return true
	})
}
