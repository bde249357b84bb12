package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"entente.example/entente/activity"
	"entente.example/entente/federation/limit"
	"entente.example/entente/store"
)

// Provider is where people can sign in instead of with a password here (OpenID
// Connect Core 1.0, code flow with PKCE). Who somebody is there says nothing about
// who they are here until an administrator has linked the two; an e-mail address
// never does.
type Provider struct {
	Issuer, ClientID string
	Secret           string       // "" for a public client
	Client           *http.Client // for everything that is asked of it

	mu    sync.Mutex
	found *oidc.Provider
}

const (
	signOnLife        = 10 * time.Minute
	signOnsPerAddress = 100 // in triesWindow; each is a row
	signOnBack        = "/sign-in/provider/back"
)

// discover asks the provider, once, where its doors are.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil {
		found, err := oidc.NewProvider(ctx, p.Issuer)
		if err != nil {
			return nil, activity.Because(activity.Later, "provider_away", err, "the sign-in provider does not answer; try again later")
		}
		p.found = found
	}
	return p.found, nil
}

func (w *Web) oauth(at *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: w.Provider.ClientID, ClientSecret: w.Provider.Secret, Endpoint: at.Endpoint(),
		RedirectURL: w.house.URL + signOnBack, Scopes: []string{oidc.ScopeOpenID}}
}

// beginSignOn sends somebody to the provider.
func (w *Web) beginSignOn(ctx context.Context, v *visit) (answer, error) {
	form := signInForm{To: local(v.URL.Query().Get("to"), "/home"), Provider: true}
	if w.tries.Take("provider "+limit.Address(v.RemoteAddr), limit.Rate{Burst: signOnsPerAddress, Every: triesWindow / signOnsPerAddress}, w.now()) > 0 {
		p, err := v.problemOf(activity.After(triesWindow, activity.Refuse(activity.TooMany, "many_sign_ins", "too many attempts; wait ten minutes and try again")), nil)
		return v.signInPage(form, p), err
	}
	ctx = oidc.ClientContext(ctx, w.Provider.Client)
	at, err := w.Provider.discover(ctx)
	if err != nil {
		p, err := v.problemOf(err, nil)
		return v.signInPage(form, p), err
	}
	state, nonce, verifier := store.NewSecret(), store.NewSecret(), oauth2.GenerateVerifier()
	err = w.db.InTx(ctx, func(tx *store.Tx) error {
		return tx.PutSignOn(ctx, store.SignOn{State: store.Hash(state), Browser: store.Hash(v.secret), Nonce: nonce, Verifier: verifier,
			Target: form.To, ExpiresAt: tx.Now.Add(signOnLife)})
	})
	return redirect(w.oauth(at).AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))), err
}

// endSignOn takes somebody in who comes back from the provider.
func (w *Web) endSignOn(ctx context.Context, v *visit) (answer, error) {
	member, to, err := w.identify(ctx, v)
	if err != nil {
		p, err := v.problemOf(err, nil)
		return v.signInPage(signInForm{To: "/home", Provider: true}, p), err
	}
	return w.openSession(ctx, v, member, to)
}

func (w *Web) identify(ctx context.Context, v *visit) (member store.Key, to string, err error) {
	ctx = oidc.ClientContext(ctx, w.Provider.Client)
	var begun store.SignOn
	err = w.db.InTx(ctx, func(tx *store.Tx) (err error) {
		begun, err = tx.TakeSignOn(ctx, v.FormValue("state"), v.secret)
		return err
	})
	switch {
	case activity.KindOf(err) == activity.NotFound:
		return 0, "", activity.Refuse(activity.Unauthenticated, "old_sign_on", "this sign-in is over or was begun in another browser; begin again")
	case err != nil:
		return 0, "", err
	case v.FormValue("error") != "":
		return 0, "", activity.Refuse(activity.Unauthenticated, "sign_on_refused", "the sign-in provider has not let you in")
	}
	token, err := w.idToken(ctx, v.FormValue("code"), begun)
	if err != nil {
		return 0, "", err
	}
	m, err := w.db.MemberByIdentity(ctx, token.Issuer, token.Subject)
	switch {
	case activity.KindOf(err) == activity.NotFound:
		err = activity.Refuse(activity.Denied, "unknown_identity", "this identity is not linked to an account here; ask an administrator to link it, or sign in with your password")
	case err == nil && m.Locked():
		err = activity.Refuse(activity.Denied, "locked_account", "this account is locked; an administrator can lift that")
	}
	return m.Actor, begun.Target, err
}

// idToken redeems the code for who somebody is: signed by the provider, for us,
// and for this very sign-in (OpenID Connect Core §3.1.3.7).
func (w *Web) idToken(ctx context.Context, code string, begun store.SignOn) (*oidc.IDToken, error) {
	refuse := func(err error) error {
		return activity.Because(activity.Unauthenticated, "bad_sign_on", err, "what the sign-in provider says cannot be believed; begin again")
	}
	at, err := w.Provider.discover(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := w.oauth(at).Exchange(ctx, code, oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		return nil, refuse(err)
	}
	raw, _ := answer.Extra("id_token").(string)
	token, err := at.Verifier(&oidc.Config{ClientID: w.Provider.ClientID, Now: w.now}).Verify(ctx, raw)
	if err != nil {
		return nil, refuse(err)
	}
	var claims struct {
		For string `json:"azp"`
	}
	if err := token.Claims(&claims); err != nil {
		return nil, refuse(err)
	}
	isOurs := claims.For == w.Provider.ClientID || claims.For == "" && slices.Equal(token.Audience, []string{w.Provider.ClientID})
	if token.Nonce != begun.Nonce || token.Subject == "" || !isOurs {
		return nil, refuse(errors.New("the token is for another sign-in or another client"))
	}
	return token, nil
}
