package main

import (
	"runtime"
	"testing"
)

// litter makes garbage, and says how often it was collected.
func litter(bytes int) uint32 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range bytes / (64 << 10) {
		litterbin = make([]byte, 64<<10)
	}
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}

// litterbin is where the compiler cannot see that nobody looks at it.
var litterbin []byte

// With the ballast garbage is collected seldom.
func TestBallast(t *testing.T) {
	without := litter(4 * ballast)
	defer takeBallast()()
	if with := litter(4 * ballast); with*2 > without {
		t.Errorf("collected %d times with the ballast, %d times without", with, without)
	}
}
