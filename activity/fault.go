package activity

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"entente.example/entente/activity/limits"
)

// Kind says whose fault an error is. The edges read only this: HTTP turns it
// into a status, the queue into "again" or "never again".
type Kind uint8

const (
	Internal        Kind = iota // ours; the cause goes to the log, never to the caller
	Invalid                     // malformed, or against a rule that the sender can know
	Unauthenticated             // nobody has proven who is asking
	Denied                      // known, and not allowed
	NotFound                    // missing, or private: a stranger cannot tell which
	Conflict                    // against what is already there
	Gone                        // was there; a tombstone remains
	TooLarge                    // more bytes, entries or depth than a limit allows
	WrongType                   // a media type that we do not take or cannot give
	TooMany                     // more often than a limit allows
	Later                       // not now: a partner is down, something has not arrived yet
)

var statuses = [...]int{
	Internal:        http.StatusInternalServerError,
	Invalid:         http.StatusBadRequest,
	Unauthenticated: http.StatusUnauthorized,
	Denied:          http.StatusForbidden,
	NotFound:        http.StatusNotFound,
	Conflict:        http.StatusConflict,
	Gone:            http.StatusGone,
	TooLarge:        http.StatusRequestEntityTooLarge,
	WrongType:       http.StatusUnsupportedMediaType,
	TooMany:         http.StatusTooManyRequests,
	Later:           http.StatusServiceUnavailable,
}

// Status is the HTTP status that answers an error of this kind. The inbox, the
// client API and the pages all read this one table.
func (k Kind) Status() int { return statuses[k] }

// Permanent says that doing the same again will fail the same way.
func (k Kind) Permanent() bool { return k != Internal && k != Later && k != TooMany }

// Fault is an error with a kind, a stable reason code for programs
// ("not_a_partner") and a sentence that a stranger may read and act on.
type Fault struct {
	Kind   Kind
	Reason string
	Say    string
	Err    error         // the cause, for the log; may be nil
	Wait   time.Duration // before it is worth trying again; 0: nobody knows
}

func (f *Fault) Error() string {
	if f.Err == nil {
		return f.Reason + ": " + f.Say
	}
	return f.Reason + ": " + f.Say + ": " + f.Err.Error()
}

func (f *Fault) Unwrap() error { return f.Err }

// Refuse makes a Fault without a cause: say and args are formatted as by fmt.
func Refuse(k Kind, reason, say string, args ...any) error {
	return &Fault{Kind: k, Reason: reason, Say: fmt.Sprintf(say, args...)}
}

// Because makes a Fault of an error: say is for everyone, err for the log.
func Because(k Kind, reason string, err error, say string) error {
	return &Fault{Kind: k, Reason: reason, Say: say, Err: err}
}

// After says of a fault how long to wait before the same is tried again.
func After(wait time.Duration, err error) error {
	f := *FaultOf(err)
	f.Wait = wait
	return &f
}

// RetryAfter is the header of that name in whole seconds, at least 1 (RFC 9110 §10.2.3),
// "" for none. Whatever is TooMany has one (RFC 6585 §4).
func (f *Fault) RetryAfter() string {
	wait := f.Wait
	if f.Kind == TooMany {
		wait = cmp.Or(wait, limits.TryAgain)
	}
	if wait <= 0 {
		return ""
	}
	return strconv.Itoa(int(math.Ceil(wait.Seconds())))
}

// FaultOf is the first Fault in err's tree. An error without one is Internal,
// with a sentence that gives nothing away.
func FaultOf(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return &Fault{Kind: Internal, Reason: "internal", Say: "something went wrong here; it has been logged", Err: err}
}

// KindOf is the kind of FaultOf(err).
func KindOf(err error) Kind { return FaultOf(err).Kind }

// ErrNotFound is the one answer for what is missing and what is private.
func ErrNotFound() error { return Refuse(NotFound, "not_found", "there is nothing here") }

// Optional turns the NotFound of a look-up into ok = false; every other error
// stays one.
func Optional[T any](v T, err error) (_ T, ok bool, _ error) {
	if err != nil && KindOf(err) == NotFound {
		return v, false, nil
	}
	return v, err == nil, err
}
