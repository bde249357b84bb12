package server

import (
	"net/http"

	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// Policy is who may call a route. The zero Policy lets nobody in, so that a
// route which forgot to name one is closed.
type Policy string

// The policies.
const (
	Everybody Policy = "everybody" // it tells nothing but that we exist
	Partners  Policy = "partners"  // signed by a partner's actor, who gets what they may see
	Onlookers Policy = "onlookers" // of a picture: partners, or our people by a link of ours
	Senders   Policy = "senders"   // an inbox: signed by the partner's actor whose deed it brings
)

// Route is one line of what other servers may ask for.
type Route struct {
	Pattern string // as http.ServeMux reads it
	Policy  Policy
	gives   string // media type of the answer
	read    read
	word    agreement.Word // that the agreement with a partner must have; "": none
}

// read answers a reader with a document, or with a fault. Bytes are a document as
// it is written.
type read func(r *http.Request, who store.Reader) (any, error)

// The media types that we give.
const (
	activityJSON = "application/activity+json" // which every known software takes
	webfingerDoc = "application/jrd+json"
	nodeInfoDoc  = `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"`
	plainJSON    = "application/json"
	hostMetaDoc  = "application/xrd+xml"
)

// Table is everything that other servers may ask for, one line an address.
func (s *Server) Table() []Route {
	all := []Route{
		{"POST /inbox", Senders, "", nil, ""},
		{"POST /actor/inbox", Senders, "", nil, ""},
		{"POST /users/{name}/inbox", Senders, "", nil, ""},
		{"POST /groups/{name}/inbox", Senders, "", nil, ""},

		{"GET /actor", Everybody, activityJSON, s.instanceActor, ""},
		{"GET /.well-known/webfinger", Everybody, webfingerDoc, s.webfinger, ""},
		{"GET /.well-known/host-meta", Everybody, hostMetaDoc, s.hostMeta, ""},
		{"GET /.well-known/nodeinfo", Everybody, plainJSON, s.nodeInfoLinks, ""},
		{"GET /nodeinfo/2.1", Everybody, nodeInfoDoc, s.nodeInfo, ""},

		{"GET /actor/outbox", Partners, activityJSON, s.emptyOutbox, ""},
		{"GET /media/{key}", Onlookers, "", nil, agreement.ViewFile},
		{"GET /media/{key}/{n}", Onlookers, "", nil, ""},
		{"GET /directory", Partners, activityJSON, s.directory, agreement.Directory},
		{"GET /groups/{name}/moderators", Partners, activityJSON, s.moderators, ""},
		{"GET /groups/{name}/topics/{topic}", Partners, activityJSON, s.topic, ""},
		{"GET /groups/{name}/succession", Partners, activityJSON, s.succeeding, ""},
		{"GET /notes/{key}", Partners, activityJSON, s.note, ""},
		{"GET /notes/{key}/replies", Partners, activityJSON, s.replies, ""},
		{"GET /notes/{key}/context", Partners, activityJSON, s.context, ""},
		{"GET /activities/{key}", Partners, activityJSON, s.recorded, ""},
		{"GET /stamps/{key}", Partners, activityJSON, s.stamp, ""},
	}
	for base, word := range map[string]agreement.Word{"/users": agreement.Profile, "/groups": ""} {
		all = append(all,
			Route{"GET " + base + "/{name}", Partners, activityJSON, s.actor, ""},
			Route{"GET " + base + "/{name}/outbox", Partners, activityJSON, s.outbox, word},
			Route{"GET " + base + "/{name}/followers", Partners, activityJSON, s.followers, word},
			Route{"GET " + base + "/{name}/followers_synchronization", Partners, activityJSON, s.synchronisation, ""},
			Route{"GET " + base + "/{name}/following", Partners, activityJSON, s.following, word},
			Route{"GET " + base + "/{name}/featured", Partners, activityJSON, s.featured, word},
		)
	}
	return all
}

// Routes adds the table to a mux.
func (s *Server) Routes(mux *http.ServeMux) {
	for _, route := range s.Table() {
		mux.HandleFunc(route.Pattern, s.handler(route))
	}
}
