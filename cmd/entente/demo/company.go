package demo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// company is one of the two: a whole instance in a process of its own.
type company struct {
	Options
	name   string // "Acme"
	host   string // "acme.localhost:8080"
	port   int
	people []*person
	lock   *os.File // of the folder: see hold

	input io.Closer     // the process lives while this is open
	child *os.Process   // nil: not started
	ended chan struct{} // closed when the process has ended
}

// found makes both companies, with their people.
func found(o Options) (acme, globex *company) {
	acme, globex = newCompany(o, "Acme", o.Port), newCompany(o, "Globex", o.Port+1)
	acme.people = []*person{acme.hire("alice", "Alice Martin"), acme.hire("amir", "Amir Haddad")}
	globex.people = []*person{globex.hire("bea", "Bea Lindqvist"), globex.hire("boris", "Boris Novak")}
	return acme, globex
}

func newCompany(o Options, name string, port int) *company {
	return &company{Options: o, name: name, host: fmt.Sprintf("%s.localhost:%d", strings.ToLower(name), port), port: port, ended: make(chan struct{})}
}

func (c *company) hire(username, name string) *person {
	return &person{company: c, username: username, name: name, email: username + "@" + c.short() + ".example", password: username + "-at-" + c.short()}
}

func (c *company) short() string   { return strings.ToLower(c.name) }
func (c *company) url() string     { return "http://" + c.host }
func (c *company) envFile() string { return filepath.Join(c.Folder, c.short()+".env") }
func (c *company) logFile() string { return filepath.Join(c.Folder, c.short()+".log") }

func (c *company) names() string {
	var names []string
	for _, one := range c.people {
		names = append(names, one.username)
	}
	return strings.Join(names, ", ")
}

// settings are what DATA/acme.env holds: no value has a space, so that a shell
// can pass them on as they are.
func (c *company) settings() []string {
	return []string{
		"ENTENTE_HOST=" + c.host,
		"ENTENTE_LISTEN=" + address(c.port),
		"ENTENTE_DATA=" + filepath.Join(c.Folder, c.short()),
		"ENTENTE_INSECURE_HTTP=true",
		"ENTENTE_PRIVATE_NETWORKS=127.0.0.0/8,::1/128",
	}
}

// start writes the settings, starts the process and waits until it is ready.
// The process is told to end when its input ends, so that it does not outlive
// us however we end; and it is in a group of its own, so that Ctrl-C reaches us
// alone and we stop it in good order.
func (c *company) start(ctx context.Context) error {
	if err := c.checkHost(); err != nil {
		return err
	}
	if err := os.WriteFile(c.envFile(), []byte(strings.Join(c.settings(), "\n")+"\n"), 0o600); err != nil {
		return err
	}
	output, err := os.Create(c.logFile())
	if err != nil {
		return err
	}
	defer output.Close()
	cmd := exec.Command(c.Program, "serve", "--until-input-ends")
	cmd.Env = slices.Concat(c.Environ, c.settings())
	cmd.Stdout, cmd.Stderr = output, output
	cmd.ExtraFiles = []*os.File{c.lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.input, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.child = cmd.Process
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(c.ended)
	}()
	return c.ready(ctx)
}

// checkHost refuses a folder whose companies live at another port: names and
// addresses that they have given out cannot change.
func (c *company) checkHost() error {
	text, err := os.ReadFile(c.envFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		if host, ok := strings.CutPrefix(strings.TrimSpace(line), "ENTENTE_HOST="); ok && host != c.host {
			return fmt.Errorf("%s in %s is called %s, which cannot change: use the port that it began with, or another folder (make run PORT=... DATA=...)", c.name, c.Folder, host)
		}
	}
	return err
}

// ready waits until /readyz says so.
func (c *company) ready(ctx context.Context) error {
	ctx, done := context.WithTimeoutCause(ctx, time.Minute, fmt.Errorf("%s is not ready after a minute: see %s", c.name, c.logFile()))
	defer done()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	browser := loopbackClient()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.ended:
			return c.failure()
		case <-tick.C:
		}
		if status, err := probe(ctx, browser, c.url()+"/readyz"); err == nil && status == http.StatusOK {
			return nil
		}
	}
}

// failure is why the process has ended, in its own words.
func (c *company) failure() error {
	text, _ := os.ReadFile(c.logFile()) // without it there is nothing to add
	if said := lastWord(text); said != "" {
		return fmt.Errorf("%s: %s", c.name, said)
	}
	return fmt.Errorf("%s has ended: see %s", c.name, c.logFile())
}

// lastWord is the sentence that the program ended with, "" if there is none.
func lastWord(output []byte) string {
	_, said, found := bytes.Cut(output, []byte("entente: "))
	if !found {
		return ""
	}
	said, _, _ = bytes.Cut(said, []byte("\n"))
	return string(said)
}

// ask runs a command on this company, as its operator would, and gives what it
// printed.
func (c *company) ask(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.Program, args...)
	cmd.Env = slices.Concat(c.Environ, c.settings())
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: entente %s: %s", c.name, args[0], cmp.Or(lastWord(errs.Bytes()), err.Error()))
	}
	return out.String(), nil
}

// settle makes those of the people who are not there yet, of whom the first is an
// admin.
func (c *company) settle(ctx context.Context) error {
	list, err := c.ask(ctx, "", "member", "list", "--json")
	if err != nil {
		return err
	}
	var members []struct{ Username string }
	if err := json.Unmarshal([]byte(list), &members); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, m := range members {
		known[m.Username] = true
	}
	for _, one := range c.people {
		if known[one.username] {
			continue
		}
		args := []string{"member", "add", one.username, "--name", one.name, "--email", one.email, "--password-stdin"}
		if one == c.people[0] {
			args = append(args, "--admin")
		}
		if _, err := c.ask(ctx, one.password+"\n", args...); err != nil {
			return err
		}
	}
	return nil
}

// stop ends the process: by itself within four and a half seconds, else at once.
func (c *company) stop() error {
	if c.child == nil {
		return nil
	}
	_ = c.input.Close() // it may have ended already
	select {
	case <-c.ended:
		return nil
	case <-time.After(4500 * time.Millisecond):
	}
	err := c.child.Kill()
	<-c.ended
	return errors.Join(fmt.Errorf("%s did not stop by itself: see %s", c.name, c.logFile()), err)
}
