package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// process is one run of a program.
type process struct {
	child *os.Process
	input io.Closer     // it lives while this is open, and so does not outlive us
	ended chan struct{} // closed when it has ended
	state *os.ProcessState
	log   string
}

// launch starts a command that goes on until its input ends; what it says goes to
// the end of the file log.
func launch(log string, cmd *exec.Cmd) (*process, error) {
	output, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	cmd.Stdout, cmd.Stderr = output, output
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{child: cmd.Process, input: input, ended: make(chan struct{}), log: log}
	go func() {
		_ = cmd.Wait() // state says how it ended
		p.state = cmd.ProcessState
		close(p.ended)
	}()
	return p, nil
}

// ready waits until address says that it is.
func (p *process) ready(ctx context.Context, address string) error {
	const limit = 2 * time.Minute
	for began := time.Now(); ; {
		if status, _, err := look(ctx, "http://"+address+"/readyz"); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("it has ended: %s", tail(p.log))
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		if time.Since(began) > limit {
			return fmt.Errorf("it is not ready within %v: %s", limit, tail(p.log))
		}
	}
}

// stop tells the process to end, and expects that it ends well, and by itself.
func (p *process) stop() error {
	_ = p.input.Close() // it may have ended already
	late := time.AfterFunc(time.Minute, func() { _ = p.child.Kill() })
	defer late.Stop()
	began := time.Now()
	<-p.ended
	if took := time.Since(began); !p.state.Success() || took > 30*time.Second {
		return fmt.Errorf("the program ended with %s after %v: %s", p.state, took, tail(p.log))
	}
	return nil
}

// kill ends the process at once and without a word.
func (p *process) kill() {
	_ = p.child.Kill() // it may have ended already
	<-p.ended
}

// end stops the process, if there is one and it has not ended yet.
func (p *process) end() error {
	if p == nil {
		return nil
	}
	select {
	case <-p.ended:
		return nil
	default:
		return p.stop()
	}
}

// look is a GET of a page that needs nobody's name.
func look(ctx context.Context, address string) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := loopback.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// tail is the end of a log without the requests: a failed test tells it.
func tail(log string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}
	var kept [][]byte
	for line := range bytes.Lines(text) {
		if !bytes.Contains(line, []byte("msg=request")) {
			kept = append(kept, line)
		}
	}
	const most = 40
	return "the log says\n" + string(bytes.Join(kept[max(0, len(kept)-most):], nil))
}
