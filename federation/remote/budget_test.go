package remote

import (
	"net/http"
	"testing"

	"entente.example/entente/activity"
)

func TestEveryRequestComesOutOfTheBudget(t *testing.T) {
	t.Parallel()
	hosts := map[string]http.HandlerFunc{
		"good.test": func(w http.ResponseWriter, r *http.Request) { // both dialects are refused, then it is elsewhere
			switch {
			case r.URL.Path == "/.well-known/webfinger" || r.URL.Path == "/.well-known/host-meta":
				http.NotFound(w, r)
			case r.URL.Path == "/moved":
				http.Redirect(w, r, "https://good.test/x?page=2", http.StatusFound)
			default:
				w.WriteHeader(http.StatusUnauthorized)
			}
		},
	}
	for name, tc := range map[string]struct {
		ask  func(*Client, int) (left int, err error)
		need int
	}{
		"a fetch: a redirect, a query left out, another dialect": {func(c *Client, left int) (int, error) {
			_, err := c.Fetch(Within(t.Context(), &left), "https://good.test/moved", young())
			return left, err
		}, 4},
		"WebFinger: host-meta too": {func(c *Client, left int) (int, error) {
			_, err := c.Finger(Within(t.Context(), &left), "bea", "good.test")
			return left, err
		}, 2},
	} {
		for budget := range tc.need + 3 {
			w, c := newWorld(t, hosts)
			left, err := tc.ask(c, budget)
			if asked, want := len(w.saw("get")), min(budget, tc.need); asked != want || left != budget-want {
				t.Errorf("%s: with %d it asked %d times, and has %d left", name, budget, asked, left)
			}
			if spent := activity.FaultOf(err).Reason == "budget_spent"; spent != (budget < tc.need) {
				t.Errorf("%s: with %d: %v", name, budget, err)
			}
		}
	}
}
