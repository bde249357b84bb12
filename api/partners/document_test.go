package partners_test

import (
	"bytes"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const at = "/api/entente/v1/partners"

// compiling is held by who compiles one of document's schemas: they share what was compiled.
var compiling sync.Mutex

// document is openapi.json, as a schema and as what it is.
var document = func() (d struct {
	schemas *jsonschema.Compiler
	paths   map[string]any
}) {
	raw, err := os.ReadFile("openapi.json")
	if err != nil {
		panic(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		panic(err)
	}
	d.schemas = jsonschema.NewCompiler()
	d.schemas.AssertFormat()
	if err := d.schemas.AddResource("file:///openapi.json", doc); err != nil {
		panic(err)
	}
	d.paths = doc.(map[string]any)["paths"].(map[string]any)
	return d
}()

var ofHost, ofName = regexp.MustCompile(`^/[^/]+`), regexp.MustCompile(`^/api/entente/v1/circles/[^/]+`)

// of is the whole path of one, which begins at partners where it does not begin with /api/.
func of(path string) string {
	if strings.HasPrefix(path, "/api/") {
		return path
	}
	return at + path
}

// described is the path of the document that answers for one.
func described(path string) string {
	switch path {
	case "", "/openapi.json", "/fence", "/api/entente/v1/circles/publish":
		return of(path)
	}
	if strings.HasPrefix(path, "/api/") {
		return ofName.ReplaceAllString(path, "/api/entente/v1/circles/{name}")
	}
	return at + ofHost.ReplaceAllString(path, "/{host}")
}

// fits fails when an answer is not what the document says of its route and status.
func (a answer) fits(method, path string) {
	a.t.Helper()
	steps := []string{"paths", described(path), strings.ToLower(method), "responses", strconv.Itoa(a.status), "content", "application/json", "schema"}
	for n := range steps {
		steps[n] = strings.NewReplacer("~", "~0", "/", "~1").Replace(steps[n])
	}
	compiling.Lock()
	schema, err := document.schemas.Compile("file:///openapi.json#/" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(strings.Join(steps, "/")))
	compiling.Unlock()
	if err != nil {
		a.t.Fatalf("%s %s answers HTTP %d %s, of which the document knows nothing: %v", method, path, a.status, a.body, err)
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
	if err == nil {
		err = schema.Validate(body)
	}
	if err != nil {
		a.t.Fatalf("%s %s answers %s: %v", method, path, a.body, err)
	}
}

func TestTheDocumentHasEveryRouteAndNoOther(t *testing.T) {
	t.Parallel()
	var routes, described []string
	for _, r := range found(t, "acme").api.Table() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		routes = append(routes, strings.ToLower(method)+" "+path)
		said, _ := document.paths[path].(map[string]any)[strings.ToLower(method)].(map[string]any)
		scopes := []any{}
		for _, s := range r.Policy.Scopes() {
			scopes = append(scopes, s)
		}
		if needs, _ := said["security"].([]any); r.Policy.IsAnyone() != (len(needs) == 0) || len(needs) > 0 && !slices.Equal(needs[0].(map[string]any)["token"].([]any), scopes) {
			t.Errorf("%s needs %v, and the document says %v", r.Pattern, scopes, needs)
		}
	}
	for path, of := range document.paths {
		for method := range of.(map[string]any) {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(routes)
	slices.Sort(described)
	if !slices.Equal(routes, described) {
		t.Errorf("there is\n%q\nand the document has\n%q", routes, described)
	}
}

func TestTheDocumentIsServedToAnyone(t *testing.T) {
	t.Parallel()
	if a := found(t, "acme").asks("", http.MethodGet, "/openapi.json", ""); a.status != http.StatusOK || a.object()["openapi"] != "3.1.0" {
		t.Errorf("HTTP %d %.100s", a.status, a.body)
	}
}
