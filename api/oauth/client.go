package oauth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// client is how an app says who it is: in the header (RFC 6749 §2.3.1, Basic) or
// in the body.
type client struct {
	Basic  string `header:"Authorization"`
	ID     string `param:"client_id"`
	Secret string `param:"client_secret"`
}

// credentials are the header's, else the body's.
func (c client) credentials() (id, secret string) {
	scheme, encoded, _ := strings.Cut(c.Basic, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return c.ID, c.Secret
	}
	pair, err := base64.StdEncoding.DecodeString(encoded)
	id, secret, ok := strings.Cut(string(pair), ":")
	if err != nil || !ok {
		return "", ""
	}
	plainID, errID := url.QueryUnescape(id)
	plainSecret, errSecret := url.QueryUnescape(secret)
	if errID != nil || errSecret != nil {
		return "", ""
	}
	return plainID, plainSecret
}

// app is who calls; isProven says that it showed its secret. A wrong secret is
// refused, none may be enough: apps on telephones cannot keep one.
func (o *API) app(ctx context.Context, c client) (app store.App, isProven bool, err error) {
	id, secret := c.credentials()
	app, err = o.db.App(ctx, id)
	if err != nil {
		if activity.KindOf(err) == activity.NotFound {
			err = invalidClient()
		}
		return app, false, err
	}
	if secret == "" {
		return app, false, nil
	}
	if subtle.ConstantTimeCompare(app.Secret, store.Hash(secret)) != 1 {
		return app, false, invalidClient()
	}
	return app, true, nil
}

func invalidClient() error {
	return activity.Refuse(activity.Unauthenticated, "invalid_client", "there is no app with this client_id and client_secret; register it again")
}
