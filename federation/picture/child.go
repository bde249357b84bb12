package picture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"entente.example/entente/activity/limits"
)

// childName is the hidden sub-command that makes a process the child: it is the only
// argument. It must not be the beginning of a test's flag.
const childName = "read-picture"

// exitNoSandbox is how a child ends that could not shut itself in.
const exitNoSandbox = 77

// A process that was started to read a picture does that, before any other part of the
// program gets to run in it, and ends. That this is not in main makes it the same in
// the program and in every test.
func init() {
	if len(os.Args) == 2 && os.Args[1] == childName {
		os.Exit(child(os.Stdin, os.Stdout, os.Stderr))
	}
}

// child reads a file, writes a picture or its refusal, and gives the exit code.
func child(in io.Reader, out, errs io.Writer) int {
	debug.SetMemoryLimit(limits.PictureMemory / 2) // the collector hurries from there on
	file, err := io.ReadAll(io.LimitReader(in, limits.PictureBytes+1))
	if err == nil {
		err = confine()
	}
	if err != nil {
		fmt.Fprintln(errs, err)
		return exitNoSandbox
	}
	p, err := recode(file)
	a := answer{Type: p.Type, Width: p.Width, Height: p.Height, Blurhash: p.Blurhash}
	if errors.Is(err, errManyPixels) {
		a = answer{Reason: "many_pixels"}
	} else if err != nil {
		a = answer{Reason: "broken_picture"}
	}
	line, _ := json.Marshal(a) // strings and numbers: cannot fail
	if _, err := out.Write(append(line, '\n')); err != nil {
		return 1
	}
	if _, err := out.Write(p.Content); err != nil {
		return 1
	}
	return 0
}
