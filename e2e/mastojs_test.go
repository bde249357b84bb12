package e2e

import (
	"bufio"
	"bytes"
	"context"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What masto.js expects of an instance is in fedify/client.js.
func TestMastoJSWorks(t *testing.T) {
	needForeign(t)
	t.Parallel()
	acme, _ := sharedPair(t)
	mia := acme.hire(t, "mia")
	ctx, done := context.WithTimeout(t.Context(), 2*time.Minute)
	defer done()
	var theirs status
	must(t, acme.hire(t, "mo").post(ctx, "/api/v1/statuses", url.Values{"status": {"where?"}, "poll[options][]": {"here", "there", "nowhere"}, "poll[expires_in]": {"3600"}}, &theirs))
	cmd := exec.CommandContext(ctx, node(t), filepath.Join("fedify", "client.js"), acme.url(), callback, theirs.ID)
	input, err := cmd.StdinPipe()
	must(t, err)
	output, err := cmd.StdoutPipe()
	must(t, err)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	must(t, cmd.Start())
	address, err := bufio.NewReader(output).ReadString('\n')
	if err == nil {
		back, failed := mia.browse(ctx, strings.TrimSpace(address))
		must(t, failed)
		_, err = input.Write([]byte(back.Get("code")))
	}
	_ = input.Close() // it may have ended
	if ended := cmd.Wait(); err != nil || ended != nil {
		t.Errorf("%v, %v: %s", err, ended, complaint.String())
	}
}
