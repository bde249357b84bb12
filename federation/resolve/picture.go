package resolve

import (
	"context"

	"entente.example/entente/activity"
)

// Picture gets a file from a partner, asked for by this instance; see
// remote.Client.Picture.
func (f *Finder) Picture(ctx context.Context, address activity.ID) ([]byte, error) {
	by, err := f.instanceKeys(ctx)
	if err != nil {
		return nil, err
	}
	return f.client.Picture(ctx, address, by)
}
