package mastodon

import (
	"context"

	"entente.example/entente/api"
	"entente.example/entente/store"
)

// none is the honest answer where there is a kind of thing, and none of it.
func none(context.Context, store.Viewer, api.None) (api.List[struct{}], error) {
	return api.Unpaged[struct{}](nil), nil
}

// empty is the same for what is an object.
func empty(context.Context, store.Viewer, api.None) (struct{}, error) { return struct{}{}, nil }
