//go:build unix && !linux

package picture

import (
	"fmt"

	"golang.org/x/sys/unix"

	"entente.example/entente/activity/limits"
)

// confine sets the limits; this system has no filter that we could set.
func confine() error {
	for what, most := range map[int]uint64{unix.RLIMIT_CPU: limits.PictureSeconds, unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_NOFILE: 0} {
		if err := unix.Setrlimit(what, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limit %d: %w", what, err)
		}
	}
	return nil
}
