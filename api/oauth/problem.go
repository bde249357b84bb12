package oauth

import (
	"net/http"

	"entente.example/entente/activity"
	"entente.example/entente/api"
)

// problem writes a refusal as RFC 6749 §5.2 does. The reasons that are not among
// its codes become the nearest one.
func problem(w http.ResponseWriter, f *activity.Fault) {
	code := f.Reason
	switch code {
	case "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope":
	default:
		switch f.Kind {
		case activity.Internal:
			code = "server_error"
		case activity.Later, activity.TooMany:
			code = "temporarily_unavailable"
		default:
			code = "invalid_request"
		}
	}
	if f.Kind == activity.Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Basic realm="entente"`)
	}
	api.WriteProblem(w, f.Kind.Status(), map[string]string{"error": code, "error_description": f.Say, "reason": f.Reason})
}
