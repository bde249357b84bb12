package partners

import (
	"entente.example/entente/api"
	"entente.example/entente/federation/partnership"
)

// Table is every route, with who may call it.
func (a *API) Table() []api.Route {
	const at, lists = "/api/entente/v1/partners", "/api/entente/v1/circles"
	read, write := api.Admin("admin:read"), api.Admin("admin:write")
	return []api.Route{
		api.Endpoint("GET "+at+"/openapi.json", api.Anyone(), describe),
		api.Endpoint("GET "+at, read, a.list),
		api.Endpoint("GET "+at+"/{host}", read, a.show),
		api.Endpoint("GET "+at+"/{host}/preview", read, a.preview),
		api.Endpoint("GET "+at+"/{host}/words", read, a.words),
		api.Endpoint("POST "+at+"/{host}/confirm", write, a.confirm),
		api.Endpoint("POST "+at+"/{host}/propose", write, a.propose),
		api.Endpoint("POST "+at+"/{host}/accept", write, a.accept),
		api.Endpoint("POST "+at+"/{host}/counter", write, a.counter),
		api.Endpoint("POST "+at+"/{host}/decline", write, a.decision((*partnership.Desk).Decline)),
		api.Endpoint("POST "+at+"/{host}/suspend", write, a.decision((*partnership.Desk).Suspend)),
		api.Endpoint("POST "+at+"/{host}/resume", write, a.decision((*partnership.Desk).Resume)),
		api.Endpoint("POST "+at+"/{host}/narrow", write, a.narrow),
		api.Endpoint("POST "+at+"/{host}/end", write, a.decision((*partnership.Desk).End)),
		api.Endpoint("POST "+at+"/{host}/revoke", write, a.decision((*partnership.Desk).Revoke)),
		api.Endpoint("POST "+at+"/fence", write, a.fence),
		api.Endpoint("GET "+lists, read, a.circles),
		api.Endpoint("POST "+lists, write, a.subscribe),
		api.Endpoint("POST "+lists+"/publish", write, a.publish),
		api.Endpoint("GET "+lists+"/{name}", read, a.circle),
		api.Endpoint("DELETE "+lists+"/{name}", write, a.unsubscribe),
		api.Endpoint("POST "+lists+"/{name}/import", write, a.imports),
	}
}
