//go:build !unix

package main

func giveBack([]byte) {}
