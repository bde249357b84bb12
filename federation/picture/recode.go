package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"entente.example/entente/activity/limits"
)

// Studio makes pictures, a few at once. Safe for many users.
type Studio struct {
	places   chan struct{}
	deadline time.Duration
}

// NewStudio makes one; a process has one.
func NewStudio() *Studio {
	return &Studio{make(chan struct{}, limits.RecodesAtOnce), limits.RecodeTime}
}

// Recode makes a picture of a file. Refused: what Check refuses, "many_pixels",
// "broken_picture", "costly_picture" (Invalid). It waits for its turn as long as ctx
// does. An animation becomes its first picture.
func (s *Studio) Recode(ctx context.Context, file []byte) (Picture, error) {
	if err := Check(file); err != nil {
		return Picture{}, err
	}
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-ctx.Done():
		return Picture{}, ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, s.deadline)
	defer cancel()
	out, err := work(limited, file)
	switch {
	case ctx.Err() != nil:
		return Picture{}, ctx.Err()
	case limited.Err() != nil: // it was killed
		return Picture{}, refusal("")
	case err != nil:
		return Picture{}, err
	}
	return read(out)
}

// work runs a child on a file and gives what it wrote; an error is about this machine,
// not about the file.
func work(ctx context.Context, file []byte) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, own := range []bool{true, false} {
		out, err = start(ctx, self, file, own)
		if err == nil {
			return out, nil
		}
	}
	return nil, err
}

// start runs one child. own: in namespaces of its own, which not every machine lets us
// make; the error is about starting it.
func start(ctx context.Context, self string, file []byte, own bool) ([]byte, error) {
	cmd := exec.CommandContext(ctx, self, childName)
	cmd.Env, cmd.Dir = []string{}, "/"
	cmd.SysProcAttr = attributes(own)
	cmd.WaitDelay = time.Second
	cmd.Stdin = bytes.NewReader(file)
	var out, said bounded
	out.left, said.left = limits.PictureOutput, limits.RecodeComplaint
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("a child that reads pictures cannot be started: %w", err)
	}
	err := cmd.Wait()
	if e, ok := errors.AsType[*exec.ExitError](err); ok && e.ExitCode() == exitNoSandbox {
		return nil, fmt.Errorf("pictures are not read on this machine: %s", said.kept.String())
	}
	return out.kept.Bytes(), nil // whatever else went wrong is what the file did to it
}

// bounded keeps the first bytes that are written to it, and refuses the rest.
type bounded struct {
	kept bytes.Buffer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(p) > b.left {
		return 0, io.ErrShortWrite
	}
	b.left -= len(p)
	return b.kept.Write(p)
}
