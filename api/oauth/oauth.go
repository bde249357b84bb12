// Package oauth lets client programs in: they register, members sign in and
// consent on our page /oauth/authorize (package web, with grant.Request),
// and the program turns the code it gets into a token here.
//
// It is OAuth 2.0 (RFC 6749) as Mastodon speaks it, with PKCE (RFC 7636, S256
// only), revocation (RFC 7009) and metadata (RFC 8414). There is no password
// grant: passwords are typed on our own page only.
package oauth

import (
	"log/slog"
	"net/http"

	"entente.example/entente/api"
	"entente.example/entente/federation"
	"entente.example/entente/federation/limit"
	"entente.example/entente/store"
)

// API is the OAuth endpoints of an instance.
type API struct {
	house federation.House
	db    *store.Store
	log   *slog.Logger

	Defect func()         // see api.Door
	Paces  *limit.Limiter // see api.Door
}

// New makes the endpoints; log gets what went wrong on our side.
func New(house federation.House, db *store.Store, log *slog.Logger) *API {
	return &API{house: house, db: db, log: log}
}

// Routes adds the endpoints to a mux.
func (o *API) Routes(mux *http.ServeMux) {
	door := api.Door{DB: o.db, URL: o.house.URL, Log: o.log, Defect: o.Defect, Paces: o.Paces}
	door.Mount(mux, o.Registration()...)
	door.Fail = problem
	door.Mount(mux, o.Table()...)
}

// Registration is the part that is Mastodon's own, with its form of errors.
func (o *API) Registration() []api.Route {
	return []api.Route{api.Endpoint("POST /api/v1/apps", api.Anyone(), o.register)}
}

// Table is the part that the RFCs describe. Who calls proves it by a client
// secret, a code or a token in the request.
func (o *API) Table() []api.Route {
	return []api.Route{
		api.Endpoint("POST /oauth/token", api.Anyone(), o.token),
		api.Endpoint("POST /oauth/revoke", api.Anyone(), o.revoke),
		api.Endpoint("GET /.well-known/oauth-authorization-server", api.Anyone(), o.metadata),
	}
}
