package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
)

// Names of the standard library that change, or use, what all connections of the
// process share; a setting for one connection must not reach another.
var shared = map[string][]string{
	"net/http": {"DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
	"net":      {"DefaultResolver"},
	"net/smtp": {"SendMail"},
}

// uses are those that do no harm, with the reason.
var uses = map[string]string{
	"../../federation/remote/client.go net.DefaultResolver": "only read: the resolver of the one client",
}

func TestAttack22NothingIsInsecureForTheWholeProgram(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "../.." && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"testdata", "data", "node_modules"}, entry.Name())):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			for _, found := range sharedIn(f) {
				if name := filepath.ToSlash(path) + " " + found; uses[name] == "" {
					t.Errorf("%s: it concerns all connections of the process", name)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := http.DefaultTransport.(*http.Transport).TLSClientConfig; c != nil && (c.InsecureSkipVerify || c.RootCAs != nil || c.MinVersion != 0) {
		t.Error("something has changed http.DefaultTransport")
	}
}

// sharedIn are the names of shared in a file, and every InsecureSkipVerify.
func sharedIn(f *ast.File) (found []string) {
	packages := map[string]string{} // path by the name in the file
	for _, i := range f.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		name := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		packages[name] = path
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && slices.Contains(shared[packages[x.Name]], n.Sel.Name) {
				found = append(found, packages[x.Name]+"."+n.Sel.Name)
			}
		case *ast.Ident:
			if n.Name == "InsecureSkipVerify" {
				found = append(found, n.Name)
			}
		}
		return true
	})
	return found
}

var formToken = regexp.MustCompile(`name="token" value="([^"]+)"`)

// CVE-2025-66482. The peer, or what a trusted proxy has seen, is who is limited.
func TestAttack22ForgedHeadersEvadeNoLimit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stopped = time.Now() // nothing is given back meanwhile, however slow this machine is
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for name, tc := range map[string]struct {
		trusted      []netip.Prefix
		peer, behind string
	}{
		"nobody is trusted, by default":         {nil, "198.51.100.1:5", ""},
		"the peer is not in the list":           {loopback, "198.51.100.2:5", ""},
		"the client lies to a proxy of our own": {loopback, "127.0.0.1:5", ", 198.51.100.3"},
		"what a proxy has seen is no address":   {loopback, "127.0.0.2:5", ", unknown"},
	} {
		for door, knock := range map[string]func(forged, *testing.T) int{"sign-in": forged.signsIn, "federation": forged.reads} {
			t.Run(name+", "+door, func(t *testing.T) {
				t.Parallel()
				if last := knock(forged{behindProxies(h.mux, tc.trusted), tc.peer, tc.behind}, t); last != http.StatusTooManyRequests {
					t.Errorf("the last attempt is answered with %d", last)
				}
			})
		}
	}
}

// forged are requests that each name another client.
type forged struct {
	http.Handler
	peer, behind string // what a proxy of ours adds to the header
}

func (f forged) send(r *http.Request, i int) *httptest.ResponseRecorder {
	client := fmt.Sprintf("203.%d.113.%d", i/250, i%250)
	r.RemoteAddr = f.peer
	for _, name := range []string{"X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip"} {
		r.Header.Set(name, client)
	}
	r.Header.Set("Forwarded", "for="+client)
	r.Header.Set("X-Forwarded-For", client+f.behind)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// signsIn guesses more often than one address may, and gives the last answer.
func (f forged) signsIn(t *testing.T) (last int) {
	page := f.send(httptest.NewRequestWithContext(t.Context(), "GET", "/sign-in", nil), 0)
	token := formToken.FindStringSubmatch(page.Body.String())
	if token == nil {
		t.Fatalf("no form: %d", page.Code)
	}
	for i := range 40 { // thirty are allowed
		form := url.Values{"token": {token[1]}, "login": {fmt.Sprintf("nobody%d", i)}, "password": {"guess"}}
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/sign-in", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range page.Result().Cookies() {
			r.AddCookie(c)
		}
		last = f.send(r, i).Code
	}
	return last
}

// reads asks for what everybody may read, once more often than one address may at once.
func (f forged) reads(t *testing.T) (last int) {
	for i := range limits.StrangerBurst + 1 {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/.well-known/nodeinfo", nil)
		if last = f.send(r, i).Code; i < limits.StrangerBurst && last != http.StatusOK {
			t.Fatalf("number %d is answered with %d", i+1, last)
		}
	}
	return last
}
