package remote

import (
	"context"

	"entente.example/entente/activity"
)

// File gets a small file of anybody's, unsigned, of at most limits.Discovery bytes,
// through the same doors as everything else.
func (c *Client) File(ctx context.Context, address string) ([]byte, error) {
	return visit(ctx, c, activity.ID(address).Host(), func(ctx context.Context) ([]byte, error) {
		return c.small(ctx, address)
	})
}
