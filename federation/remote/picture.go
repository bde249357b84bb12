package remote

import (
	"context"
	"net/http"
	"net/url"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Picture gets a file that a partner's document names as a picture, signed by by as every fetch is, of at
// most limits.PictureBytes bytes, through the same doors as everything else. What it is said to
// be is not looked at: only what it is, by who decodes it.
func (c *Client) Picture(ctx context.Context, address activity.ID, by Keys) ([]byte, error) {
	return visit(ctx, c, address.Host(), func(ctx context.Context) ([]byte, error) {
		resp, _, err := c.follow(ctx, string(address.WithoutFragment()), visited{}, func(ctx context.Context, u *url.URL) (*http.Response, error) {
			return c.knock(ctx, u, by, func(k knock) (*http.Response, error) {
				r, err := c.request(ctx, http.MethodGet, u, nil)
				if err != nil {
					return nil, err
				}
				r.Header.Set("Accept", "image/*")
				if err := c.sign(r, nil, k); err != nil {
					return nil, err
				}
				return c.do(r)
			})
		})
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if !isOK(resp.StatusCode) {
			return nil, c.verdict(resp)
		}
		return read(resp.Body, limits.PictureBytes)
	})
}
