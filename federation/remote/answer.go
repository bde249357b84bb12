package remote

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Answer is what a partner said instead of yes. It is in the tree of the error:
// errors.AsType[*Answer](err).
type Answer struct {
	Status     int           // the HTTP status
	RetryAfter time.Duration // how long it asks us to wait; 0 when it does not, a day at most
	Text       string        // the start of the body, at most limits.DeliveryAnswer bytes: for the log, not to be trusted
}

func (a *Answer) Error() string { return fmt.Sprintf("HTTP %d: %.200q", a.Status, a.Text) }

// verdict makes an error of an answer that is not 2xx, and reads its body. The
// reason is "refused_<status>". 404 and 410 are NotFound and Gone, other 4xx are
// Denied (403, 451) or Invalid. Later are 401 (the partner may not have our key yet),
// 408, 429, 5xx, and 3xx, which is as a rule a page about maintenance.
func (c *Client) verdict(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, limits.DeliveryAnswer)) // the status is the answer
	a := &Answer{
		Status:     resp.StatusCode,
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), c.opts.Now()),
		Text:       strings.ToValidUTF8(string(text), "\uFFFD"),
	}
	say := fmt.Sprintf("the other server answered %d", a.Status)
	return activity.Because(kindOf(a.Status), fmt.Sprintf("refused_%d", a.Status), a, say)
}

func kindOf(status int) activity.Kind {
	switch status {
	case http.StatusNotFound:
		return activity.NotFound
	case http.StatusGone:
		return activity.Gone
	case http.StatusForbidden, http.StatusUnavailableForLegalReasons:
		return activity.Denied
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return activity.Later
	}
	if status >= 400 && status < 500 {
		return activity.Invalid
	}
	return activity.Later
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); 0 for anything else.
func retryAfter(text string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(text); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), limits.RetryAfter)
}

func isOK(status int) bool { return status >= 200 && status < 300 }
