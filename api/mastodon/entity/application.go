package entity

import (
	"strings"

	"entente.example/entente/store"
)

// Application is a client program.
type Application struct {
	ID           store.Key `json:"id,string"`
	Name         string    `json:"name"`
	Website      *string   `json:"website"`
	Scopes       []string  `json:"scopes"`
	RedirectURIs []string  `json:"redirect_uris"`
	RedirectURI  string    `json:"redirect_uri"` // the same, one a line
}

// CredentialApplication is a client program as only itself sees it, once.
type CredentialApplication struct {
	Application
	ClientID              string `json:"client_id"`
	ClientSecret          string `json:"client_secret"`
	ClientSecretExpiresAt int    `json:"client_secret_expires_at"` // 0: never
}

// NewApplication shows an app.
func NewApplication(a store.App) Application {
	return Application{ID: a.Key, Name: a.Name, Website: orNull(a.Website), Scopes: a.Scopes,
		RedirectURIs: a.RedirectURIs, RedirectURI: strings.Join(a.RedirectURIs, "\n")}
}
