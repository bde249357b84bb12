package oauth

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

type revocation struct {
	client
	Token string `param:"token"`
}

// revoke ends a token of the app that calls (RFC 7009). One that is not there is
// ended already. An app without a secret proves itself by the token.
func (o *API) revoke(ctx context.Context, _ store.Viewer, in revocation) (struct{}, error) {
	app, _, err := o.app(ctx, in.client)
	if err != nil {
		return struct{}{}, err
	}
	if in.Token == "" {
		return struct{}{}, activity.Refuse(activity.Invalid, "invalid_request", "send the token to end")
	}
	return struct{}{}, o.db.InTx(ctx, func(tx *store.Tx) error { return tx.RevokeToken(ctx, app.Key, in.Token) })
}
