package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
	"entente.example/entente/store/grant"
)

type tokenRequest struct {
	client
	Grant       string `param:"grant_type"`
	Code        string `param:"code"`
	RedirectURI string `param:"redirect_uri"`
	Verifier    string `param:"code_verifier"`
	Scope       string `param:"scope"`
}

// token gives an access token for a code (RFC 6749 §4.1.3), or to an app for
// itself (§4.4). Tokens do not expire; members and apps can end them.
func (o *API) token(ctx context.Context, _ store.Viewer, in tokenRequest) (entity.Token, error) {
	app, isProven, err := o.app(ctx, in.client)
	if err != nil {
		return entity.Token{}, err
	}
	switch in.Grant {
	case "authorization_code":
		return o.redeem(ctx, app, isProven, in)
	case "client_credentials":
		if !isProven {
			return entity.Token{}, invalidClient()
		}
		return o.forItself(ctx, app, in.Scope)
	default:
		return entity.Token{}, activity.Refuse(activity.Invalid, "unsupported_grant_type", "grant_type is authorization_code or client_credentials")
	}
}

// redeem takes the code, whether or not it is good: a code has one try.
func (o *API) redeem(ctx context.Context, app store.App, isProven bool, in tokenRequest) (entity.Token, error) {
	var token entity.Token
	var refusal error
	err := o.db.InTx(ctx, func(tx *store.Tx) error {
		code, err := tx.TakeCode(ctx, in.Code)
		if err != nil && activity.KindOf(err) != activity.NotFound {
			return err
		}
		if refusal = check(code, err, app, isProven, in); refusal != nil {
			return nil
		}
		token, err = issue(ctx, tx, store.Token{App: app.Key, Member: code.Member, Scopes: code.Scopes})
		return err
	})
	if err == nil {
		err = refusal
	}
	return token, err
}

// check refuses a code that is gone, another app's, for another address, or
// whose secret half (RFC 7636 §4.6) is not there. An app that shows no secret of
// its own must have that one.
func check(code store.Code, missing error, app store.App, isProven bool, in tokenRequest) error {
	invalid := activity.Refuse(activity.Invalid, "invalid_grant", "this code is used up, over, or was given to another app or address; ask the person to sign in again")
	switch {
	case missing != nil, code.App != app.Key, code.RedirectURI != in.RedirectURI:
		return invalid
	case !isProven && code.Challenge == "":
		return invalidClient()
	case code.Challenge == "" && in.Verifier != "": // somebody took the challenge out (RFC 9700 §4.8.2)
		return invalid
	case code.Challenge != "" && !answers(in.Verifier, code.Challenge):
		return invalid
	}
	return nil
}

// answers says whether the challenge was made of this verifier (S256).
func answers(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// forItself gives an app a token without a member.
func (o *API) forItself(ctx context.Context, app store.App, scope string) (token entity.Token, err error) {
	scopes, err := grant.ReadScopes(scope)
	if err != nil {
		return token, err
	}
	for _, s := range scopes {
		if !store.Covers(app.Scopes, s) {
			return token, activity.Refuse(activity.Invalid, "invalid_scope", "the app is registered without the scope %s", s)
		}
	}
	err = o.db.InTx(ctx, func(tx *store.Tx) error {
		token, err = issue(ctx, tx, store.Token{App: app.Key, Scopes: scopes})
		return err
	})
	return token, err
}

func issue(ctx context.Context, tx *store.Tx, t store.Token) (entity.Token, error) {
	secret := store.NewSecret()
	t.Hash = store.Hash(secret)
	return entity.Token{AccessToken: secret, TokenType: "Bearer", Scope: strings.Join(t.Scopes, " "), CreatedAt: tx.Now.Truncate(time.Second).Unix()},
		tx.PutToken(ctx, t)
}
