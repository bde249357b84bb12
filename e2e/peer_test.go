package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// needForeign skips a test that needs what "make e2e" installs, unless that is what
// runs it: then nothing may be missing.
func needForeign(t *testing.T) {
	t.Helper()
	if os.Getenv("FOREIGN_PEERS") == "" {
		t.Skip(`this needs programs of others: "make e2e" installs them and runs it`)
	}
}

// peer is a server of other software: Fedify, see fedify/main.js.
type peer struct {
	*front
	control string // where it is told what to do
	folder  string
	*process
}

// newPeer starts it, as in "fedify.localhost:20000".
func newPeer(t *testing.T, name string) *peer {
	t.Helper()
	control, err := shop.freePort()
	must(t, err)
	folder, err := os.MkdirTemp(shop.folder, name+"-")
	must(t, err)
	p := &peer{front: newFront(t, name), control: fmt.Sprintf("http://127.0.0.1:%d/", control), folder: folder}
	_, port, _ := strings.Cut(p.back, ":")
	cmd := exec.Command(node(t), filepath.Join("fedify", "main.js"), p.url(), port, fmt.Sprint(control))
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+shop.trust.file)
	p.process, err = launch(filepath.Join(folder, "log"), cmd)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s: %s", name, tail(p.log))
		}
		must(t, p.stop())
	})
	soon(t, patience, func() error { return p.ask(t.Context(), "heard", nil, nil) })
	return p
}

// node is the Node that was installed beside Fedify, or else the machine's if that
// is new enough for it.
func node(t *testing.T) string {
	t.Helper()
	cpu := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	path := filepath.Join("fedify", "node_modules", "node-"+runtime.GOOS+"-"+cpu, "bin", "node")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	const oldest = 22
	said, err := exec.Command("node", "--version").Output()
	var version int
	if _, scanned := fmt.Sscanf(string(said), "v%d.", &version); err != nil || scanned != nil || version < oldest {
		t.Fatalf("Fedify needs Node %d or newer, and npm has none for %s on %s: install one (here is %q)", oldest, runtime.GOOS, runtime.GOARCH, said)
	}
	return "node"
}

func (p *peer) url() string { return "https://" + p.host }

// id is the id of somebody there.
func (p *peer) id(name string) string { return p.url() + "/users/" + name }

// what is what a deed is about.
type what map[string]any

// ask tells the peer to do something, and gives in out what came of it.
func (p *peer) ask(ctx context.Context, deed string, about what, out any) error {
	body, err := json.Marshal(about)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.control+deed, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := loopback.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s at %s: %s: %s", deed, p.host, resp.Status, said)
	}
	if err == nil && out != nil {
		err = json.Unmarshal(said, out)
	}
	return err
}

// does is ask of a deed that has to work, and whose result is an id.
func (p *peer) does(t *testing.T, deed string, about what) (id string) {
	t.Helper()
	must(t, p.ask(t.Context(), deed, about, &id))
	return id
}

// heard is a delivery to the peer, and what Fedify makes of it.
type heard struct {
	Inbox    string  `json:"inbox"`
	Dialect  dialect `json:"dialect"`
	Status   int     `json:"status"`
	Signer   string  `json:"signer"` // the key that has really signed the request
	Prover   string  `json:"prover"` // the actor whom the proof really speaks for
	Activity struct {
		ID     string          `json:"id"`
		Type   string          `json:"type"`
		Actor  string          `json:"actor"`
		Object json.RawMessage `json:"object"`
		Proof  any             `json:"proof"`
	} `json:"activity"`
}

// about says whether an activity of this type is about this object, as it is or
// inside another activity.
func (h heard) about(kind, object string) bool {
	return h.Activity.Type == kind && bytes.Contains(h.Activity.Object, []byte(`"`+object+`"`))
}

// hears waits until an activity about an object has come to the peer, well signed
// by its actor, and was taken.
func (p *peer) hears(t *testing.T, kind, object string) (found heard) {
	t.Helper()
	soon(t, patience, func() error {
		var all []heard
		if err := p.ask(t.Context(), "heard", nil, &all); err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(h heard) bool { return h.about(kind, object) })
		if at < 0 {
			return errors.New(p.host + " has not heard of a " + kind + " of " + object)
		}
		found = all[at]
		return nil
	})
	if owner, _, _ := strings.Cut(found.Signer, "#"); owner != found.Activity.Actor || found.Status != http.StatusAccepted {
		t.Errorf("a %s of %s is signed by %q and answered %d", kind, found.Activity.Actor, found.Signer, found.Status)
	}
	return found
}

// sees is what the peer finds under a name or an id.
func (p *peer) sees(ctx context.Context, name string) (doc struct{ ID, Type string }, err error) {
	return doc, p.ask(ctx, "look", what{"what": name}, &doc)
}
