package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// child is a server process.
type child struct {
	process *os.Process
	ended   chan struct{} // closed when it is gone
}

// launch starts cmd and waits for its end in the background. The kernel tells the
// child when the thread that started it ends, not the process, so that thread is
// kept as long as the child lives.
func launch(cmd *exec.Cmd) (*child, error) {
	c := &child{ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		c.process = cmd.Process
		started <- err
		if err == nil {
			cmd.Wait() // how it ended is in its log
			close(c.ended)
		}
	}()
	return c, <-started
}

// ready waits until the server accepts connections. A recovery after a crash may
// take minutes: only the end of ctx or of the server ends the wait.
func (c *child) ready(ctx context.Context, at address) error {
	for {
		if at.accepts(ctx) == nil {
			return nil
		}
		select {
		case <-c.ended:
			return errors.New("the server has ended")
		default:
		}
		if err := sleep(ctx); err != nil {
			return err
		}
	}
}

// stop ends the server: in good order within 4 seconds, else at once.
func (c *child) stop() error {
	const orderly, abrupt = syscall.SIGINT, syscall.SIGQUIT
	if c.signal(orderly, 4*time.Second) || c.signal(abrupt, 6*time.Second) {
		return nil
	}
	return fmt.Errorf("the database server (process %d) does not stop", c.process.Pid)
}

// signal sends a signal and says whether the server then ends in time.
func (c *child) signal(s os.Signal, limit time.Duration) bool {
	_ = c.process.Signal(s) // fails only when it has ended
	select {
	case <-c.ended:
		return true
	case <-time.After(limit):
		return false
	}
}
