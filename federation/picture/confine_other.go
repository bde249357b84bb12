//go:build !linux

package picture

import "syscall"

// attributes of a child: there are no namespaces here.
func attributes(bool) *syscall.SysProcAttr { return nil }
