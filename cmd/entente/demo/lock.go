package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// stopping is how long an earlier demo on the same folder is waited for: one
// that was interrupted twice leaves companies that are still stopping.
const stopping = 6 * time.Second

// hold takes the folder for one demo. The companies inherit the file, and with
// it the lock: it is free when the last of them has ended, however that came.
func hold(ctx context.Context, folder string, wait time.Duration) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(folder, "demo.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for began := time.Now(); ; {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return lock, nil
		case !errors.Is(err, syscall.EWOULDBLOCK):
			lock.Close()
			return nil, fmt.Errorf("the folder %s cannot be locked: %w", folder, err)
		case time.Since(began) > wait:
			lock.Close()
			return nil, fmt.Errorf("another demo works on %s: stop it, or choose another folder (make run DATA=...)", folder)
		}
		select {
		case <-ctx.Done():
			lock.Close()
			return nil, context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
