package resolve

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Picture gets a file from a partner, asked for by this instance or by one of ours whom the
// agreement names; see remote.Client.Picture.
func (f *Finder) Picture(ctx context.Context, address activity.ID) ([]byte, error) {
	r, err := f.Errand().Reading(ctx, address.Host(), store.Actor{})
	if err != nil {
		return nil, err
	}
	by, err := r.signer(ctx)
	if err != nil {
		return nil, err
	}
	return f.client.Picture(ctx, address, by)
}
