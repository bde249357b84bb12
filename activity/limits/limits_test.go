package limits_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var rewrite = flag.Bool("update", false, "write the limits into FEDERATION.md")

const (
	root = "../../"
	page = root + "FEDERATION.md"
	file = "limits.go"
)

// others are limits that have nothing to do with what others send.
var others = map[string]string{
	"activity.maxPlayed":               "which of the files of a video we prefer",
	"activity.MaxUsername":             "what our own people are called",
	"activity.MaxNote":                 "what our own people write",
	"activity.MaxOptions":              "what our own people ask",
	"activity.MaxOption":               "what our own people ask",
	"activity.MaxPollTime":             "what our own people ask",
	"federation.turnsAtOnce":           "how our own transactions are cut; nothing is refused for it",
	"federation.mostTouched":           "the same: what touches more has one for itself",
	"federation.mostForeseen":          "the same: the rest is asked for one by one",
	"federation/server.keptAtOnce":     "the same",
	"store.shownAtOnce":                "the same: the rest is shown by a job",
	"federation/partnership.lately":    "what our own admins look back on in a preview",
	"federation/partnership.usualTerm": "what our own admins offer where they say nothing",
	"federation/agreement.maxHours":    "what our own admins promise, and hold others to",
	"federation/partnership.wordCount": "what we show to people",
	"federation.MaxAhead":              "when our own people publish",
	"federation/media.MaxDescription":  "what our own people write",
	"federation/export.partBytes":      "how what we write is cut; nothing is refused for it",
	"store.takenAtOnce":                "the same, when it is read",
	"federation.dismissedAtOnce":       "how our own transactions are cut; nothing is refused for it",
	"federation/media.sweepEvery":      "when we tidy up",
	"federation/picture.maxPNG":        "in which format a picture is kept",
	"store.MaxConnections":             "our own database",
	"store.MaxDrafts":                  "what our own people keep",
	"store.MaxMedia":                   "what our own people attach",
	"store.maxLoose":                   "what our own people upload",
	"store.PageMax":                    "what our own people read at once",
	"store/grant.maxState":             "what programs of our own people send",
	"store/postgres.socketLimit":       "a path of the operating system",
	"store/storetest.limit":            "tests",
	"store/postgres.patience":          "a server of our own",
	"activity.MinOptions":              "what our own people ask",
	"activity.MinPollTime":             "what our own people ask",
	"federation.MinAhead":              "when our own people publish",
	"federation.maxGroupName":          "what our own people write",
	"federation.together":              "how our own transactions are cut; nothing is refused for it",
	"federation/server.keptTogether":   "the same",
	"federation/server.keptLarge":      "the same",
	"federation.batch":                 "the same, at the start of a process",
	"federation.letterKept":            "what is kept of our own deliveries",
	"federation.lettersAt":             "what is kept of our own deliveries",
	"federation/media.linkLife":        "what our own people read",
	"federation/picture.exitNoSandbox": "the status of a process of ours",
	"federation/picture.nobody":        "a user of the operating system",
	"federation/picture.quality":       "how a picture is drawn",
	"federation/server.usualBeat":      "when we say that something is not there",
	"store/gather.turnTime":            "our own database",
	"store.askedTogether":              "our own database",
	"store.askedAtOnce":                "our own database",
	"store.putTogether":                "our own database",
	"store.liveSilence":                "our own database",
	"store.remembered":                 "what our own people post twice",
	"federation.mostNamed":             "what our own people are shown",
	"activity.shownMost":               "a cache: nothing is refused for it",
	"activity.shownLength":             "a cache: nothing is refused for it",
	"store.knownActors":                "a cache: nothing is refused for it",
	"store.knownNotes":                 "a cache: nothing is refused for it",
	"store.knownFor":                   "a cache: nothing is refused for it",
	"store.Recent":                     "what our own admins are shown",
	"store.MediaLife":                  "what our own people upload",
	"store.maxLike":                    "what our own people find at once",
	"store.PageDefault":                "what our own people read at once",
	"store.shownPage":                  "how our own transactions are cut; nothing is refused for it",
	"store.partedAtOnce":               "the same",
	"store.frozenAtOnce":               "the same",
	"store.purgedAtOnce":               "the same",
	"store/passwords.argonMemory":      "passwords of our own people",
	"store/passwords.argonPasses":      "passwords of our own people",
	"store/passwords.argonLanes":       "passwords of our own people",
	"store/passwords.argonBytes":       "passwords of our own people",
	"store/passwords.Min":              "passwords of our own people",
	"store/passwords.longest":          "passwords of our own people",
	"store/grant.CodeLife":             "what programs of our own people get",
	"store/postgres.oldest":            "a server of our own",
	"store/postgres.aWhile":            "a server of our own",
	"store/postgres.pause":             "a server of our own",
	"store/storetest.plenty":           "tests",
}

func TestNobodyElseHasLimitsOnWhatOthersSend(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, dir := range []string{"activity", "federation", "store"} {
		eachFile(t, root+dir, func(path string, f *ast.File) {
			pkg := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), filepath.Clean(root)+"/"))
			if pkg == "activity/limits" || strings.HasSuffix(path, "_test.go") {
				return
			}
			for _, name := range numbers(f) {
				full := pkg + "." + name
				seen[full] = true
				if others[full] == "" {
					t.Errorf("%s: %s belongs in activity/limits, or into the list of others with the reason", path, name)
				}
			}
			for _, bound := range nameless(f) {
				t.Errorf("%s: the bound %s belongs in activity/limits, or needs a name", path, bound)
			}
		})
	}
	for name := range others {
		if !seen[name] {
			t.Errorf("%s is no more: take it off the list of others", name)
		}
	}
}

// numbers are the constants of a file, in functions too, that are made of numbers or
// times, whatever they are called.
func numbers(f *ast.File) (names []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		g, ok := n.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			return true
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			for i, name := range v.Names {
				if i < len(v.Values) && counts(v.Values[i]) {
					names = append(names, name.Name)
				}
			}
		}
		return true
	})
	return names
}

// counts says whether an expression has a number or a unit of time in it.
func counts(e ast.Expr) (does bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			does = does || n.Kind == token.INT || n.Kind == token.FLOAT
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			does = does || ok && x.Name == "time"
		}
		return true
	})
	return does
}

// isLarge says that an expression is a number of two digits or more.
func isLarge(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	return ok && (lit.Kind == token.INT || lit.Kind == token.FLOAT) && len(lit.Value) > 1
}

// nameless are the numbers of a file that bound something without a name: how long it
// is, or how many are asked for.
func nameless(f *ast.File) (bounds []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			isOrder := n.Op == token.GTR || n.Op == token.GEQ
			if isOrder && isCall(n.X, "len") && isLarge(n.Y) && !slices.Contains(headers, n.Y.(*ast.BasicLit).Value) {
				bounds = append(bounds, n.Y.(*ast.BasicLit).Value)
			}
		case *ast.CallExpr:
			if isCall(n, "Limit") && len(n.Args) == 1 && isLarge(n.Args[0]) {
				bounds = append(bounds, n.Args[0].(*ast.BasicLit).Value)
			}
		}
		return true
	})
	return bounds
}

// headers are how long the headers of files are that we know.
var headers = []string{"12"}

func isCall(e ast.Expr, name string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		return fun.Name == name
	case *ast.SelectorExpr:
		return fun.Sel.Name == name
	}
	return false
}

func eachFile(t *testing.T, dir string, do func(path string, f *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			do(path, f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// limit is one constant of this package.
type limit struct{ name, value, why string }

// group is one declaration of them.
type group struct {
	about  string
	limits []limit
}

func read(t *testing.T) (groups []group) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := (&types.Config{Importer: importer.ForCompiler(set, "source", nil)}).Check("limits", set, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		this := group{about: strings.Join(strings.Fields(g.Doc.Text()), " ")}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			name, why := v.Names[0].Name, strings.TrimSpace(v.Comment.Text())
			value := written(pkg.Scope().Lookup(name).(*types.Const), strings.HasPrefix(why, "bytes "))
			this.limits = append(this.limits, limit{name, value, strings.TrimPrefix(why, "bytes ")})
		}
		groups = append(groups, this)
	}
	return groups
}

// written is a value as people read it.
func written(c *types.Const, isBytes bool) string {
	n, _ := constant.Int64Val(constant.ToInt(c.Val()))
	if types.TypeString(c.Type(), nil) == "time.Duration" {
		return duration(time.Duration(n))
	}
	units := []string{" B", " KiB", " MiB", " GiB"}
	if !isBytes {
		units = []string{""}
	}
	for len(units) > 1 && n%1024 == 0 {
		n, units = n/1024, units[1:]
	}
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0 && n > 9999; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text + units[0]
}

func duration(d time.Duration) string {
	for _, unit := range []struct {
		long time.Duration
		name string
	}{{24 * time.Hour, " days"}, {time.Hour, " h"}, {time.Minute, " min"}, {time.Second, " s"}} {
		if n := d / unit.long; n > 0 && d%unit.long == 0 && (n > 1 || unit.name != " days") {
			return fmt.Sprint(int(n)) + unit.name
		}
	}
	return d.String()
}

func TestEachLimitIsUsedAndHasItsReason(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	eachFile(t, root, func(path string, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && !strings.HasSuffix(path, "_test.go") {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "limits" {
					used[s.Sel.Name] = true
				}
			}
			return true
		})
	})
	for _, g := range read(t) {
		for _, l := range g.limits {
			if len(l.why) < 10 || g.about == "" {
				t.Errorf("%s does not say what it counts", l.name)
			}
			if !used[l.name] {
				t.Errorf("%s limits nothing", l.name)
			}
		}
	}
}

func TestEachLimitBites(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{}
	for _, dir := range []string{"activity", "api", "cmd", "federation", "store", "worker"} {
		eachFile(t, root+dir, func(path string, f *ast.File) {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && strings.HasSuffix(path, "_test.go") {
					tests[fn.Name.Name] = true
				}
			}
		})
	}
	left := maps.Clone(bites)
	for _, g := range read(t) {
		for _, l := range g.limits {
			proof := bites[l.name]
			delete(left, l.name)
			if strings.HasPrefix(proof, "Test") && !tests[proof] {
				t.Errorf("there is no %s, which should show that %s bites", proof, l.name)
			}
			if proof == "" {
				t.Errorf("no test shows that %s bites", l.name)
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("there are no limits %q", slices.Sorted(maps.Keys(left)))
	}
}

// FEDERATION.md shows the limits to those who run an instance.
func TestThePageHasTheLimits(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- limits -->\n", "<!-- /limits -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), begin)
	got, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s has no place for the limits, between %q and %q", page, begin, end)
	}
	var b strings.Builder
	for _, g := range read(t) {
		fmt.Fprintf(&b, "%s\n\n| limit | | of what, and why |\n|---|--:|---|\n", g.about)
		for _, l := range g.limits {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", l.name, l.value, l.why)
		}
		b.WriteString("\n")
	}
	if got == b.String() {
		return
	}
	if !*rewrite {
		t.Fatalf("the limits in %s are out of date: go test ./activity/limits -run ThePage -update", page)
	}
	if err := os.WriteFile(page, []byte(before+begin+b.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
