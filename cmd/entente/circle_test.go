package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestACircleProposesAndNeverAgrees(t *testing.T) {
	t.Parallel()
	acme, globex := opens(t, "acme"), opens(t, "globex")
	file := filepath.Join(t.TempDir(), "rail.json")
	list := fmt.Sprintf(`{"type": "TrustCircle", "name": "Rail\u001b[2J sector", "organisations": [{"host": %q, "name": "Globex", "lets": ["follow", "comment"]}, {"host": %q, "name": "Acme"}]}`, globex.host, acme.host)
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	signed := does(t, globex.env, "circle", "publish", file)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, signed) }))
	t.Cleanup(site.Close)
	_, port, _ := strings.Cut(site.Listener.Addr().String(), ":")
	url := "http://board.localhost:" + port + "/circle.json"

	if out := does(t, acme.env, "circle", "list"); !strings.Contains(out, "There are no lists yet") {
		t.Error(out)
	}
	key := regexp.MustCompile(`^Rail\[2J sector, signed by http://` + globex.host + `/actor\nwith the key (z6Mk\w+), which is pinned\.\n$`).FindStringSubmatch(does(t, acme.env, "circle", "subscribe", url))
	if out := does(t, acme.env, "circle", "list"); key == nil || !strings.Contains(out, url) || !strings.Contains(out, key[1]) {
		t.Errorf("%v: %s", key, out)
	}
	out := does(t, acme.env, "circle", "import", url)
	if want := "entente partner propose " + globex.host + " --let follow,comment --take profile,follow,mention,comment,react\n"; !strings.Contains(out, want) || strings.Contains(out, acme.host) {
		t.Errorf("no %q in %s", want, out)
	}
	fails(t, exitFailed, "there are no agreements yet", acme.env, "partner", "show")
	fails(t, exitMisuse, "forum.example is not in the list", acme.env, "circle", "import", url, globex.host, "forum.example")
	fails(t, exitFailed, "there are no agreements yet", acme.env, "partner", "show")
	does(t, acme.env, "circle", "import", url, globex.host)
	globex.sees(acme, acme.host+": proposed")
	globex.sees(acme, "we may     comment, follow\n")

	signed = strings.Replace(signed, "Globex", "Mallory", 1)
	fails(t, exitFailed, "was changed on its way", acme.env, "circle", "import", url)
	does(t, acme.env, "circle", "unsubscribe", url)
	fails(t, exitFailed, "there is no list called", acme.env, "circle", "import", url)
	log := does(t, acme.env, "audit", "list")
	for _, want := range []string{`operator +circle\.subscribed +` + url + ` +key="z6Mk`, `operator +circle\.unsubscribed +` + url, `operator +partnership\.proposed +` + globex.host} {
		if !regexp.MustCompile(want).MatchString(log) {
			t.Errorf("no %q in\n%s", want, log)
		}
	}
}
