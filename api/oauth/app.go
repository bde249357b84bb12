package oauth

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"entente.example/entente/activity"
	"entente.example/entente/api/mastodon/entity"
	"entente.example/entente/store"
	"entente.example/entente/store/grant"
)

// Limits of a registration. Names are in characters, addresses in bytes.
const (
	maxName      = 60
	maxAddress   = 2000
	maxRedirects = 10
)

type newApp struct {
	Name      string   `param:"client_name"`
	Redirects []string `param:"redirect_uris"` // a list, or one a line
	Scopes    []string `param:"scopes"`        // a list, or separated by spaces
	Website   string   `param:"website"`
}

// register adds a client program. The secret is shown this once.
func (o *API) register(ctx context.Context, _ store.Viewer, in newApp) (entity.CredentialApplication, error) {
	app, err := in.app()
	if err != nil {
		return entity.CredentialApplication{}, err
	}
	secret := store.NewSecret()
	app.ClientID, app.Secret = store.NewSecret(), store.Hash(secret)
	err = o.db.InTx(ctx, func(tx *store.Tx) (err error) {
		app, err = tx.PutApp(ctx, app)
		return err
	})
	return entity.CredentialApplication{Application: entity.NewApplication(app), ClientID: app.ClientID, ClientSecret: secret}, err
}

// app refuses (Invalid) a registration that is not complete or over a limit.
func (in newApp) app() (store.App, error) {
	name := strings.TrimSpace(in.Name)
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return store.App{}, activity.Refuse(activity.Invalid, "bad_client_name", "client_name has 1 to %d characters", maxName)
	}
	if in.Website != "" && !isWebsite(in.Website) {
		return store.App{}, activity.Refuse(activity.Invalid, "bad_website", "website is an http address of at most %d bytes", maxAddress)
	}
	scopes, err := grant.ReadScopes(strings.Join(in.Scopes, " "))
	if err != nil {
		return store.App{}, err
	}
	redirects := strings.Fields(strings.Join(in.Redirects, "\n"))
	slices.Sort(redirects)
	redirects = slices.Compact(redirects)
	if len(redirects) == 0 || len(redirects) > maxRedirects || !each(redirects, isRedirect) {
		return store.App{}, activity.Refuse(activity.Invalid, "bad_redirect_uris",
			"redirect_uris are 1 to %d absolute addresses without a fragment, of at most %d bytes each, or %s", maxRedirects, maxAddress, grant.OutOfBand)
	}
	return store.App{Name: name, Website: in.Website, RedirectURIs: redirects, Scopes: scopes}, nil
}

func each(all []string, is func(string) bool) bool {
	return !slices.ContainsFunc(all, func(s string) bool { return !is(s) })
}

func isWebsite(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxAddress && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// isRedirect takes every scheme, since apps on telephones have their own, except
// those with which a browser would run or show the answer here (RFC 6749
// §3.1.2: absolute, without a fragment).
func isRedirect(s string) bool {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxAddress || u.Scheme == "" || strings.Contains(s, "#") {
		return false
	}
	if (u.Scheme == "http" || u.Scheme == "https") && u.Host == "" {
		return false
	}
	return !slices.Contains([]string{"javascript", "vbscript", "data", "about", "blob", "file"}, u.Scheme)
}
