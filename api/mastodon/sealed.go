package mastodon

import (
	"context"

	"entente.example/entente/api"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
)

// listSealed are the messages that only the member's own devices can open, newest
// first, as they came. They wait for 30 days or until openSealed.
func (a *API) listSealed(ctx context.Context, me store.Viewer, p api.Page) (api.List[entity.SealedMessage], error) {
	messages, err := a.db.SealedFor(ctx, me.Actor.Key, p.Rows())
	if err != nil {
		return api.List[entity.SealedMessage]{}, err
	}
	shown := make([]entity.SealedMessage, len(messages))
	for i, m := range messages {
		shown[i] = entity.SealedMessage{ID: m.Key, CreatedAt: entity.At(m.CreatedAt), Object: m.Raw}
	}
	return api.Paged(shown, messages, func(m store.Sealed) store.Key { return m.Key }, p), nil
}

// openSealed says that the member's devices have what they need of one.
func (a *API) openSealed(ctx context.Context, me store.Viewer, in statusPath) (struct{}, error) {
	return struct{}{}, a.db.InTx(ctx, func(tx *store.Tx) error { return tx.OpenSealed(ctx, me.Actor.Key, in.ID) })
}
