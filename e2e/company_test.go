package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// company is an instance in processes of its own.
type company struct {
	name     string   // "acme"
	host     string   // "acme.localhost:20000"
	listen   string   // "127.0.0.1:20000"
	folder   string   // of its data and its log
	more     []string // settings besides those that all have
	front    *front   // speaks TLS for it, nil: it is spoken to in plain http
	*process          // "entente serve", nil: never started
}

func newCompany(name string, more ...string) (*company, error) {
	port, err := shop.freePort()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(shop.folder, name+"-")
	if err != nil {
		return nil, err
	}
	return &company{name: name, host: fmt.Sprintf("%s.localhost:%d", name, port), listen: fmt.Sprintf("127.0.0.1:%d", port),
		folder: folder, more: more}, nil
}

// newFronted is a company as it runs in production: behind a proxy that speaks TLS.
func newFronted(t *testing.T, name string) *company {
	t.Helper()
	c, err := newCompany(name)
	must(t, err)
	c.front = newFront(t, name)
	c.host, c.listen = c.front.host, c.front.back
	c.more = []string{"ENTENTE_URL=" + c.url(), "ENTENTE_TRUSTED_PROXIES=127.0.0.0/8", "SSL_CERT_FILE=" + shop.trust.file}
	return c
}

func (c *company) url() string {
	if c.front != nil {
		return "https://" + c.host
	}
	return "http://" + c.host
}

func (c *company) logFile() string { return filepath.Join(c.folder, "log") }

// environ are the company's settings, and nobody else's.
func (c *company) environ() []string {
	ours := slices.DeleteFunc(os.Environ(), func(line string) bool { return strings.HasPrefix(line, "ENTENTE_") })
	return slices.Concat(ours, []string{
		"ENTENTE_HOST=" + c.host,
		"ENTENTE_LISTEN=" + c.listen,
		"ENTENTE_DATA=" + filepath.Join(c.folder, "data"),
		"ENTENTE_INSECURE_HTTP=true",
		"ENTENTE_PRIVATE_NETWORKS=127.0.0.0/8,::1/128",
	}, c.more)
}

// start starts "entente serve" and waits until it is ready.
func (c *company) start(ctx context.Context, flags ...string) error {
	if err := c.launch(flags...); err != nil {
		return err
	}
	if err := c.ready(ctx, c.listen); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return nil
}

func (c *company) launch(flags ...string) (err error) {
	c.process, err = launch(c.logFile(), c.command(append([]string{"serve"}, flags...)...))
	return err
}

// command is one that goes on until its input ends.
func (c *company) command(args ...string) *exec.Cmd {
	cmd := exec.Command(shop.program, append(args, "--until-input-ends")...)
	cmd.Env = c.environ()
	return cmd
}

func (c *company) stop() error {
	if c.process == nil {
		return nil
	}
	if err := c.process.stop(); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return nil
}

// ask runs a command on this company, as its operator would, and gives what it
// printed.
func (c *company) ask(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, shop.program, args...)
	cmd.Env, cmd.Stdin = c.environ(), strings.NewReader(input)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: entente %s: %w: %s", c.name, strings.Join(args, " "), err, errs.String())
	}
	return string(out), nil
}

// does is ask of a command that has to work.
func (c *company) does(t *testing.T, args ...string) string {
	t.Helper()
	out, err := c.ask(t.Context(), "", args...)
	must(t, err)
	return out
}

// explain tells what waits, and the end of the log, if the test fails.
func (c *company) explain(t *testing.T) {
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		ctx, done := context.WithTimeout(context.Background(), 20*time.Second)
		defer done()
		for _, what := range []string{"status", "parked", "dead"} {
			said, err := c.ask(ctx, "", "queue", what)
			t.Logf("%s: queue %s: %v\n%s", c.name, what, err, said)
		}
		t.Logf("%s: %s", c.name, tail(c.logFile()))
	})
}
