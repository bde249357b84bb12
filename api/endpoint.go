// Package api makes HTTP handlers of plain functions: a function takes who asks
// and what was asked, and gives what to answer. Everything else is written here
// once: tokens and scopes, reading of requests, JSON, errors, paging, CORS.
//
//	Endpoint  a function becomes a route            endpoint.go
//	Policy    who may call a route                  policy.go
//	Door      what all routes have in common        door.go
//	read      a request becomes a struct            input.go
//	Page,List Mastodon's paging                     page.go
//	Stream    an answer that goes on                stream.go
//	Problem   an error becomes an answer            problem.go
//
// Its sub-packages are the APIs themselves.
package api

import (
	"context"
	"net/http"
	"strings"

	"entente.example/entente/store"
)

// Route is one line of an API: a method, a path, who may call it, and what it
// does.
type Route struct {
	Pattern string // as http.ServeMux reads it: "POST /api/v1/statuses/{id}/favourite"
	Policy  Policy
	most    int64 // bytes of a request's body; 0: MaxBody
	serve   func(*http.Request, store.Viewer) (any, error)
}

// Endpoint makes a route of a function. In is read from the request by the tags
// of its fields (see input.go). Out is written as JSON, unless it is a File or Stream; a
// List also gets a Link header. The viewer is the zero Viewer where the policy is
// Anyone.
func Endpoint[In, Out any](pattern string, p Policy, fn func(context.Context, store.Viewer, In) (Out, error)) Route {
	return Route{pattern, p, 0, func(r *http.Request, v store.Viewer) (any, error) {
		var in In
		if err := read(r, &in); err != nil {
			return nil, err
		}
		return fn(r.Context(), v, in)
	}}
}

// Taking lets the route read bodies of that many bytes, for files.
func (r Route) Taking(bytes int64) Route {
	r.most = bytes
	return r
}

// None is the In of a function that asks for nothing.
type None struct{}

// File is an Out that is not JSON.
type File struct {
	Type    string // media type
	Content []byte
}

// path is the pattern without its method.
func (r Route) path() string {
	_, path, _ := strings.Cut(r.Pattern, " ")
	return path
}

// method is the pattern's method.
func (r Route) method() string {
	method, _, _ := strings.Cut(r.Pattern, " ")
	return method
}
