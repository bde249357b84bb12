package activity_test

import (
	"errors"
	"testing"
	"time"

	"entente.example/entente/activity"
)

func TestWhoComesTooOftenIsToldWhenToComeAgain(t *testing.T) {
	t.Parallel()
	for kind := activity.Internal; kind <= activity.Later; kind++ {
		want := ""
		if kind == activity.TooMany {
			want = "60"
		}
		if got := activity.FaultOf(activity.Refuse(kind, "x", "x")).RetryAfter(); got != want {
			t.Errorf("%d: %q, want %q", kind.Status(), got, want)
		}
	}
	cause := errors.New("cause")
	for wait, want := range map[time.Duration]string{time.Millisecond: "1", time.Second: "1", 1500 * time.Millisecond: "2", time.Hour: "3600"} {
		err := activity.After(wait, activity.Because(activity.Later, "away", cause, "not now"))
		if f := activity.FaultOf(err); f.RetryAfter() != want || f.Reason != "away" || !errors.Is(err, cause) {
			t.Errorf("after %s: %q, %v", wait, f.RetryAfter(), err)
		}
	}
}
