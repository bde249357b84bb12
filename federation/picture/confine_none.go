//go:build !unix

package picture

// confine has nothing to confine with here: the deadline and the check of what comes
// out are all there is.
func confine() error { return nil }
