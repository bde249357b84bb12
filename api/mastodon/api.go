// Package mastodon speaks the Mastodon client API (https://docs.joinmastodon.org),
// so that its many clients work here, and adds what Mastodon does not have:
// groups that people of several companies share (/api/v1/groups, group_id of a
// status).
//
// As in Mastodon's limited federation mode, only what describes the instance is
// public: who is not signed in is a stranger to the partners, too.
package mastodon

import (
	"log/slog"
	"net/http"

	"entente.example/entente/api"
	"entente.example/entente/federation"
	"entente.example/entente/federation/limit"
	"entente.example/entente/store"
)

// API answers clients: reads go to the store, deeds to the engine.
type API struct {
	house   federation.House
	db      *store.Store
	engine  *federation.Service
	version string
	live    Live
	log     *slog.Logger
	door    api.Door
	blank   []byte

	Defect func()         // see api.Door
	Paces  *limit.Limiter // see api.Door
}

// New makes the API of an instance. version is that of Entente ("1.4.0"); streams
// hear from live what happens; log gets what went wrong on our side.
func New(house federation.House, db *store.Store, engine *federation.Service, version string, live Live, log *slog.Logger) *API {
	return &API{house: house, db: db, engine: engine, version: version, live: live, log: log, blank: blankPicture(),
		door: api.Door{DB: db, URL: house.URL, Log: log}}
}

// Routes adds the whole API to a mux, and the answer to unknown paths below /api/.
func (a *API) Routes(mux *http.ServeMux) {
	a.door.Defect, a.door.Paces = a.Defect, a.Paces
	a.door.Mount(mux, a.Table()...)
	mux.Handle("/api/", a.door.NotFound())
}
