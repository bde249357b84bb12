package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// program is "entente serve" in a process of its own. It ends when its input does,
// however we end; and it is in a group of its own, so that Ctrl-C reaches us alone.
type program struct {
	child *os.Process
	input io.Closer
	log   string
	ended chan struct{}
	ready time.Duration // from its start until it was ready
}

func (p *program) pid() int {
	if p == nil {
		return 0
	}
	return p.child.Pid
}

// launch starts the program with these settings, and waits until it is ready.
func (h *house) launch(ctx context.Context, settings ...string) (*program, error) {
	p := &program{log: filepath.Join(h.dir, "entente.log"), ended: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(h.Program, "serve", "--until-input-ends")
	cmd.Env, cmd.Stdout, cmd.Stderr = slices.Concat(h.Environ, h.settings(), settings), out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.input, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p.child = cmd.Process
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(p.ended)
	}()
	err = until(ctx, time.Millisecond, func() (bool, error) {
		select {
		case <-p.ended:
			return false, p.failure()
		default:
		}
		status, _, err := h.ask(ctx, http.MethodGet, "/readyz", nil, "")
		return err == nil && status == http.StatusOK, nil
	})
	p.ready = time.Since(began)
	if err != nil {
		p.stop()
	}
	return p, err
}

// failure is why it has ended, in its own words.
func (p *program) failure() error {
	text, _ := os.ReadFile(p.log) // without it there is nothing to add
	_, said, _ := bytes.Cut(text, []byte("entente: "))
	said, _, _ = bytes.Cut(said, []byte("\n"))
	return fmt.Errorf("the program has ended: %s", said)
}

// stop ends it: by itself within ten seconds, else at once.
func (p *program) stop() {
	if p == nil || p.child == nil {
		return
	}
	_ = p.input.Close() // it may have ended already
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		_ = p.child.Kill()
		<-p.ended
	}
}
