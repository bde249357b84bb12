package broker

import (
	"fmt"
	"log/slog"
)

// journal passes what the server finds worth a warning on to slog, and nothing
// else. It keeps the first fatal error: the server has no other way to tell us
// why it does not start.
type journal struct{ fatal chan error }

func (j *journal) failure() error {
	select {
	case err := <-j.fatal:
		return err
	default:
		return nil
	}
}

func (j *journal) Fatalf(format string, args ...any) {
	select {
	case j.fatal <- fmt.Errorf(format, args...):
	default:
		j.Errorf(format, args...)
	}
}

func (j *journal) Errorf(format string, args ...any) { j.warn(format, args) }
func (j *journal) Warnf(format string, args ...any)  { j.warn(format, args) }
func (j *journal) warn(format string, args []any) {
	slog.Warn("queue server", "says", fmt.Sprintf(format, args...))
}

func (*journal) Noticef(string, ...any) {}
func (*journal) Debugf(string, ...any)  {}
func (*journal) Tracef(string, ...any)  {}
