package oauth

import (
	"context"

	"entente.example/entente/api"
	"entente.example/entente/store"
	"entente.example/entente/store/grant"
)

// metadata describes this server to clients (RFC 8414 §2; app_registration_endpoint
// is Mastodon's).
type metadata struct {
	Issuer            string   `json:"issuer"`
	Authorize         string   `json:"authorization_endpoint"`
	Token             string   `json:"token_endpoint"`
	Revoke            string   `json:"revocation_endpoint"`
	Register          string   `json:"app_registration_endpoint"`
	Scopes            []string `json:"scopes_supported"`
	ResponseTypes     []string `json:"response_types_supported"`
	ResponseModes     []string `json:"response_modes_supported"`
	Grants            []string `json:"grant_types_supported"`
	TokenMethods      []string `json:"token_endpoint_auth_methods_supported"`
	RevocationMethods []string `json:"revocation_endpoint_auth_methods_supported"`
	Challenges        []string `json:"code_challenge_methods_supported"`
}

func (o *API) metadata(context.Context, store.Viewer, api.None) (metadata, error) {
	at := func(path string) string { return o.house.URL + path }
	methods := []string{"client_secret_basic", "client_secret_post", "none"}
	return metadata{
		Issuer: o.house.URL, Authorize: at("/oauth/authorize"), Token: at("/oauth/token"), Revoke: at("/oauth/revoke"), Register: at("/api/v1/apps"),
		Scopes: grant.Scopes(), ResponseTypes: []string{"code"}, ResponseModes: []string{"query"},
		Grants:       []string{"authorization_code", "client_credentials"},
		TokenMethods: methods, RevocationMethods: methods, Challenges: []string{"S256"},
	}, nil
}
