package remote

import (
	"context"
	"net/http"
	"net/url"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// send makes and sends the request for one hop, so that each hop is signed for
// its own target and nothing of it is sent elsewhere.
type send func(ctx context.Context, u *url.URL) (*http.Response, error)

// visited are the addresses that one call has been to.
type visited map[string]bool

// follow gets address and whatever it redirects to: at most limits.Redirects, none of them
// twice in one call. It gives the answer and the address that gave it. The
// caller closes the body. A maze is Invalid, "redirect_loop".
func (c *Client) follow(ctx context.Context, address string, been visited, send send) (*http.Response, string, error) {
	for range limits.Redirects + 1 {
		if been[address] {
			break
		}
		been[address] = true
		u, err := c.permit(ctx, address)
		if err != nil {
			return nil, "", err
		}
		resp, err := send(ctx, u)
		if err != nil {
			return nil, "", err
		}
		next, isRedirect := redirection(resp, u)
		if !isRedirect {
			return resp, address, nil
		}
		resp.Body.Close()
		address = next
	}
	return nil, "", activity.Refuse(activity.Invalid, "redirect_loop", "the other server redirects in circles, or too often")
}

// redirection is where resp sends those who asked for u.
func redirection(resp *http.Response, u *url.URL) (string, bool) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return "", false
	}
	next, err := u.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" {
		return "", false
	}
	next.Fragment, next.RawFragment = "", ""
	return next.String(), true
}
