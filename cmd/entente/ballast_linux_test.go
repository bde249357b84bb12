package main

import (
	"os"
	"regexp"
	"runtime"
	"strconv"
	"testing"
)

// resident is how much memory of its own the process has, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	kb, err := strconv.Atoi(string(regexp.MustCompile(`RssAnon:\s+(\d+) kB`).FindSubmatch(status)[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// Nobody looks at the ballast: it takes no memory, also where the runtime has used that
// memory before and has to clear it.
func TestBallastTakesNoMemory(t *testing.T) {
	litterbin = make([]byte, 2*ballast)
	for i := range litterbin {
		litterbin[i] = 1
	}
	before := resident(t)
	litterbin = nil
	runtime.GC()
	defer takeBallast()()
	if after := resident(t); after > before-ballast/2 {
		t.Errorf("with the ballast %d MiB are in use, before it and with twice as much garbage %d", after>>20, before>>20)
	}
}
