package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"entente.example/entente/store"
)

func TestAPartnerIsAllowedListedAndRemoved(t *testing.T) {
	t.Parallel()
	env := acme(t)
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"list"}, "There are no partners yet"},
		{[]string{"allow", "Globex.Example.", "--note", "joint project"}, "globex.example is a partner now."},
		{[]string{"allow", "globex.example"}, "was a partner already; nothing has changed."},
		{[]string{"list"}, "joint project"},
		{[]string{"list"}, "our word (unverified enforcement)"},
		{[]string{"show", "globex.example"}, "globex.example: allowed\n  partner    by our word alone: unverified enforcement\n  they may   comment, follow, mention, profile, react\n"},
		{[]string{"allow", "globex.example", "--note", "until June"}, "its note is new."},
		{[]string{"list"}, "until June"},
		{[]string{"remove", "globex.example"}, "globex.example is no partner any more; 0 deliveries that waited for it dropped."},
		{[]string{"list"}, "There are no partners yet"},
	} {
		if out := does(t, env, append([]string{"partner"}, step.args...)...); !strings.Contains(out, step.want) {
			t.Errorf("partner %v says %q, want %q", step.args, out, step.want)
		}
	}
	fails(t, exitFailed, "globex.example is not a partner", env, "partner", "remove", "globex.example")
}

func TestANewPartnerIsAskedWhatItRuns(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/nodeinfo" {
			fmt.Fprintf(w, `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"http://%s/nodeinfo/2.0"}]}`, r.Host)
			return
		}
		fmt.Fprint(w, `{"version":"2.0","software":{"name":"mastodon","version":"4.5.0\u001b[2J"}}`)
	}))
	t.Cleanup(server.Close)
	env := append(acme(t), "ENTENTE_INSECURE_HTTP=true", "ENTENTE_PRIVATE_NETWORKS=127.0.0.0/8")
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	host := "globex.localhost:" + port
	if out := does(t, env, "partner", "allow", host); !strings.HasSuffix(out, "\n"+host+" runs mastodon 4.5.0[2J.\n") {
		t.Errorf("%q", out)
	}
	out := does(t, env, "partner", "list")
	if lines := strings.Split(out, "\n"); !strings.Contains(lines[0], "RUNS") || !strings.Contains(lines[1], "  mastodon 4.5.0[2J") {
		t.Errorf("%q", out)
	}
	out = does(t, env, "partner", "allow", "nobody.example")
	if !strings.Contains(out, "nobody.example is a partner now.\nnobody.example does not say which software it runs: the other server could not be reached.\n") {
		t.Errorf("%q", out)
	}
}

func TestSomeHostsCannotBePartners(t *testing.T) {
	t.Parallel()
	env := append(acme(t), "ENTENTE_URL=https://social.acme.example")
	for host, want := range map[string]string{
		"acme.example":           "is this instance itself",
		"social.acme.example":    "is this instance itself",
		"co.uk":                  "is a suffix that many share",
		"github.io":              "is a suffix that many share",
		"https://globex.example": "is not a host name",
	} {
		fails(t, exitMisuse, want, env, "partner", "allow", host)
	}
	for _, host := range []string{"globex.localhost:8081", "localhost:8081", "globex.co.uk", "globex.example:8443"} {
		does(t, env, "partner", "allow", host)
	}
}

func TestAnOpenFederationIsMentioned(t *testing.T) {
	t.Parallel()
	out := does(t, append(acme(t), "ENTENTE_FEDERATION=open"), "partner", "allow", "globex.example")
	if !strings.Contains(out, "ENTENTE_FEDERATION is open") {
		t.Error(out)
	}
}

func TestKnocksAreListedWithoutWhatSteersATerminal(t *testing.T) {
	t.Parallel()
	env := acme(t)
	if out := does(t, env, "partner", "knocks"); !strings.Contains(out, "Nobody has been refused.") {
		t.Error(out)
	}
	change(t, open(t, env), func(tx *store.Tx) error {
		for range 2 {
			if err := tx.Knock(t.Context(), "mallory.example", "accept: POST \x1b[2J/inbox"); err != nil {
				return err
			}
		}
		return nil
	})
	out := does(t, env, "partner", "knocks")
	if !strings.Contains(out, "mallory.example  2 ") || !strings.Contains(out, "accept: POST [2J/inbox") || strings.Contains(out, "\x1b") {
		t.Errorf("%q", out)
	}
	does(t, env, "partner", "allow", "mallory.example")
	if out := does(t, env, "partner", "knocks"); !strings.Contains(out, "Nobody has been refused.") {
		t.Error(out)
	}
}

func change(t *testing.T, db *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.InTx(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}
