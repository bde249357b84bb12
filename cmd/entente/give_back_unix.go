//go:build unix

package main

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// giveBack lets the system take the memory of whole pages, whose content is lost. Where it
// does not want to, nothing is lost but memory.
func giveBack(b []byte) {
	page := os.Getpagesize()
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) & (page - 1)
	if whole := (len(b) - skip) &^ (page - 1); whole > 0 {
		_ = unix.Madvise(b[skip:skip+whole], unix.MADV_DONTNEED)
	}
}
