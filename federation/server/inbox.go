package server

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/limit"
)

// inbox takes one activity, for whoever it is addressed to: every inbox here is
// the same one. 202 means that it is durable and will be dealt with.
func (s *Server) inbox(w http.ResponseWriter, r *http.Request) error {
	held, done := s.bodies.read(limit.Address(r.RemoteAddr), http.MaxBytesReader(w, r.Body, limits.Document))
	defer done()
	body, err := readBody(held, r)
	if err == nil {
		err = s.take(r.Context(), r, body)
	}
	if err == nil {
		w.WriteHeader(http.StatusAccepted)
	}
	return err
}

// readBody reads the ActivityPub body of a request: WrongType, TooLarge or Invalid when it
// is not one, TooMany when there is no room for it.
func readBody(from io.Reader, r *http.Request) ([]byte, error) {
	if !isActivity(r.Header.Get("Content-Type")) {
		return nil, activity.Refuse(activity.WrongType, "wrong_media_type", "an inbox takes %s", activityJSON)
	}
	if r.ContentLength > limits.Document {
		return nil, tooLarge()
	}
	body, err := io.ReadAll(from)
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, tooLarge()
	}
	switch {
	case err == nil:
		return body, nil
	case activity.KindOf(err) == activity.TooMany:
		return nil, err
	}
	return nil, activity.Because(activity.Invalid, "unreadable_body", err, "the body could not be read")
}

func tooLarge() error {
	return activity.Refuse(activity.TooLarge, "too_large", "an activity has at most %d bytes", limits.Document)
}

// isActivity knows the two media types of ActivityPub §3.2.
func isActivity(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	return media == activityJSON || media == "application/ld+json" && params["profile"] == "https://www.w3.org/ns/activitystreams"
}
