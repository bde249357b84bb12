package federation

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("update", false, "write the tables into FEDERATION.md")

const page = "../FEDERATION.md"

// FEDERATION.md says what the code does: its table is made of the handlers, of what
// their comments promise and of the rights in their define.
func TestTheTableOfActivitiesIsMadeOfTheHandlers(t *testing.T) {
	t.Parallel()
	keeps(t, "activities", activitiesTable(t), "TableOfActivities")
}

// Every FEP that the code names is on the list of those supported.
func TestTheListOfFEPsHasAllThatTheCodeNames(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "## Supported FEPs")
	list, _, _ = strings.Cut(list, "\n## ")
	found := 0
	err = filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, fep := range feps.FindAllSubmatch(code, -1) {
			found++
			if !strings.Contains(list, "/fep/"+string(fep[1])+")") {
				t.Errorf("%s names FEP-%s, which is not on the list", path, fep[1])
			}
		}
		return err
	})
	if err != nil || found < 15 {
		t.Errorf("%d are named, %v", found, err)
	}
}

var feps = regexp.MustCompile(`FEP-([0-9a-f]{4})\b`)

// keeps fails when a part of FEDERATION.md is not as it should be, or writes it; test is
// what writes it.
func keeps(t *testing.T, part, want, test string) {
	t.Helper()
	begin, end := "<!-- "+part+" -->\n", "<!-- /"+part+" -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), begin)
	got, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s has no place for the table, between %q and %q", page, begin, end)
	}
	if got == want {
		return
	}
	if !*rewrite {
		t.Fatalf("the table of %s in %s is out of date: go test ./federation -run %s -update", part, page, test)
	}
	if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func activitiesTable(t *testing.T) string {
	t.Helper()
	docs, made := readVerbs(t)
	var b strings.Builder
	b.WriteString("| activity | what it is here | who may say it | sent |\n|---|---|---|---|\n")
	for _, name := range Types() {
		var who []string
		for _, r := range handlers[name].rights {
			if !slices.Contains(who, r.who) {
				who = append(who, r.who)
			}
		}
		kind := strings.TrimPrefix(fmt.Sprintf("%T", handlers[name].make()), "*federation.")
		if docs[kind] == "" {
			t.Errorf("%s does not say what it is", kind)
		}
		sent := map[bool]string{true: "yes"}[made[kind]]
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, docs[kind], strings.Join(who, "; "), sent)
	}
	return b.String()
}

// readVerbs reads in the source what each type says of itself, and which are made
// here to be sent.
func readVerbs(t *testing.T) (docs map[string]string, made map[string]bool) {
	t.Helper()
	docs, made = map[string]string{}, map[string]bool{}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GenDecl:
				for _, s := range n.Specs {
					if s, ok := s.(*ast.TypeSpec); ok {
						doc := s.Doc
						if doc == nil {
							doc = n.Doc
						}
						docs[s.Name.Name] = firstSentence(s.Name.Name, doc.Text())
					}
				}
			case *ast.CompositeLit:
				if id, ok := n.Type.(*ast.Ident); ok {
					made[id.Name] = true
				}
			}
			return true
		})
	}
	return docs, made
}

// firstSentence of a comment, without the name that it begins with.
func firstSentence(name, comment string) string {
	text := strings.Join(strings.Fields(strings.TrimPrefix(comment, name+" ")), " ")
	if first, _, ok := strings.Cut(text, ". "); ok {
		text = first
	}
	return strings.TrimSuffix(text, ".")
}
