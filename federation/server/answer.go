package server

import (
	"encoding/json"
	"net/http"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/httpsign"
)

// wantsPage says that a browser asks, not a server.
func wantsPage(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "text/html") && !strings.Contains(accept, "json")
}

// accepts says whether who asks takes a media type, or one of its kind: JSON is
// JSON to all who read it. Without an Accept everything is taken (RFC 9110 §12.5.1).
func accepts(r *http.Request, gives string) bool {
	kind := "json"
	if strings.HasSuffix(gives, "xml") {
		kind = "xml"
	}
	ranges := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(ranges) == "" {
		return true
	}
	for one := range strings.SplitSeq(ranges, ",") {
		media, params, _ := strings.Cut(strings.ToLower(one), ";")
		media = strings.TrimSpace(media)
		if isWanted := strings.ReplaceAll(params, " ", "") != "q=0"; isWanted && (media == "*/*" || media == "application/*" || strings.HasSuffix(media, kind)) {
			return true
		}
	}
	return false
}

func (s *Server) write(w http.ResponseWriter, status int, media string, doc any) error {
	b, isWritten := doc.([]byte)
	if !isWritten {
		var err error
		if b, err = json.Marshal(doc); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the reader may have gone
	return nil
}

// problem answers with the reason code of a fault and nothing else. What is gone
// shows its tombstone.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, err error) {
	f, isRead := activity.FaultOf(err), r.Method != http.MethodPost
	status := f.Kind.Status()
	if wait := f.RetryAfter(); wait != "" {
		w.Header().Set("Retry-After", wait)
	}
	switch {
	case f.Kind == activity.Internal:
		s.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "err", err)
	case f.Kind == activity.Gone && isRead:
		_ = s.write(w, status, activityJSON, tombstone(s.house.URL+r.URL.Path)) // strings only: cannot fail
		return
	case f.Kind == activity.Unauthenticated:
		w.Header().Set("WWW-Authenticate", `Signature realm="ActivityPub",headers="(request-target) host date"`)
		w.Header().Set("Accept-Signature", wantedSignature(isRead))
	case f.Kind == activity.WrongType && isRead:
		status = http.StatusNotAcceptable
	}
	_ = s.write(w, status, plainJSON, map[string]string{"error": f.Reason}) // strings only: cannot fail
}

// wantedSignature is what a request should have had, for those who ask for RFC 9421.
func wantedSignature(isRead bool) string {
	if isRead {
		return httpsign.AcceptSignatureGET
	}
	return httpsign.AcceptSignature
}

func tombstone(id string) any {
	t := federation.Tombstone(activity.ID(id))
	t["@context"] = activity.Context
	return t
}
