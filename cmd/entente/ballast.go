package main

import (
	"runtime"
	"time"
)

// ballast is how much counts as memory in use from the start.
const ballast = 32 << 20

// settled is when what starting has left behind is given back to the system: with the
// ballast it would stay for long.
const settled = 5 * time.Second

// takeBallast makes the collector come seldom while little is in use. It comes when the
// heap has doubled, and of a few MB that is soon: it was a fifth of what a page cost. The
// ballast is counted, and its memory given back to the system, since nobody looks at it.
// Where much is in use it changes little. What it returns lets go of it.
func takeBallast() (drop func()) {
	weight := make([]byte, ballast)
	giveBack(weight) // which has been written to, where the runtime had it before
	return func() { runtime.KeepAlive(weight) }
}
