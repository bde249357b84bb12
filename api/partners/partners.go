// Package partners is the API by which admins make agreements with other companies:
// what 'entente partner' does, as JSON. Its document is openapi.json.
//
//	routes.go    what there is, and who may call it
//	circles.go   lists of organisations that others publish
//	terms.go     what is said of terms in a request
//	openapi.json the document (OpenAPI 3.1)
package partners

import (
	"context"
	_ "embed"
	"log/slog"
	"net/http"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/federation"
	"entente.example/entente/federation/limit"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/store"
)

// API answers admins.
type API struct {
	engine *federation.Service
	desk   *partnership.Desk
	door   api.Door

	Defect func()         // see api.Door
	Paces  *limit.Limiter // see api.Door
}

// New makes the API of an instance.
func New(engine *federation.Service, log *slog.Logger) *API {
	return &API{engine: engine, desk: engine.Partnerships(), door: api.Door{DB: engine.Store(), URL: engine.House.URL, Log: log}}
}

// Routes adds the API to a mux.
func (a *API) Routes(mux *http.ServeMux) {
	a.door.Defect, a.door.Paces = a.Defect, a.Paces
	a.door.Mount(mux, a.Table()...)
}

//go:embed openapi.json
var document []byte

func describe(context.Context, store.Viewer, api.None) (api.File, error) {
	return api.File{Type: "application/json; charset=utf-8", Content: document}, nil
}

// about is a request that names a host.
type about struct {
	Host string `path:"host"`
}

// because is one that also says why.
type because struct {
	about
	Reason string `param:"reason"`
}

func (a *API) list(ctx context.Context, _ store.Viewer, _ api.None) ([]partnership.Standing, error) {
	return a.desk.List(ctx)
}

func (a *API) show(ctx context.Context, _ store.Viewer, in about) (partnership.Standing, error) {
	host, err := activity.CleanHost(in.Host)
	if err != nil {
		return partnership.Standing{}, err
	}
	return a.desk.Show(ctx, host)
}

func (a *API) preview(ctx context.Context, _ store.Viewer, in about) (store.Stake, error) {
	host, err := activity.CleanHost(in.Host)
	if err != nil {
		return store.Stake{}, err
	}
	return a.desk.Preview(ctx, host)
}

// act does something about a host in an admin's name, and answers how things stand then.
func (a *API) act(ctx context.Context, me store.Viewer, in about, do func(ctx context.Context, host string) error) (partnership.Standing, error) {
	host, err := activity.CleanHost(in.Host)
	if err == nil {
		err = do(store.By(ctx, a.engine.Handle(me.Actor)), host)
	}
	if err != nil {
		return partnership.Standing{}, err
	}
	return a.desk.Show(ctx, host)
}

// decision is a verb that needs nothing but a reason.
func (a *API) decision(do func(*partnership.Desk, context.Context, string, string) error) func(context.Context, store.Viewer, because) (partnership.Standing, error) {
	return func(ctx context.Context, me store.Viewer, in because) (partnership.Standing, error) {
		return a.act(ctx, me, in.about, func(ctx context.Context, host string) error { return do(a.desk, ctx, host, in.Reason) })
	}
}

// agreeing is the consent to terms that somebody has read.
type agreeing struct {
	about
	Terms string `param:"terms"`
}

func (a *API) accept(ctx context.Context, me store.Viewer, in agreeing) (partnership.Standing, error) {
	if in.Terms == "" {
		return partnership.Standing{}, activity.Refuse(activity.Invalid, "no_terms", "say which terms are accepted: the hash of those in 'asked', which somebody has read")
	}
	return a.act(ctx, me, in.about, func(ctx context.Context, host string) error { return a.desk.AcceptText(ctx, host, in.Terms) })
}

// compared are the six words, which are no secret.
type compared struct {
	Words     string `json:"words"`
	Confirmed bool   `json:"confirmed"`
}

func (a *API) words(ctx context.Context, _ store.Viewer, in about) (c compared, err error) {
	host, err := activity.CleanHost(in.Host)
	if err == nil {
		c.Words, c.Confirmed, err = a.desk.Compare(ctx, host)
	}
	return c, err
}

// said are the words that the other admin has read out.
type said struct {
	about
	Words string `param:"words"`
}

func (a *API) confirm(ctx context.Context, me store.Viewer, in said) (partnership.Standing, error) {
	return a.act(ctx, me, in.about, func(ctx context.Context, host string) error { return a.desk.Confirm(ctx, host, in.Words) })
}
