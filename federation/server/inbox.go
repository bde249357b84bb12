package server

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// inbox takes one activity, for whoever it is addressed to: every inbox here is
// the same one. 202 means that it is durable and will be dealt with.
func (s *Server) inbox(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err == nil {
		err = s.take(r.Context(), r, body)
	}
	if err == nil {
		w.WriteHeader(http.StatusAccepted)
	}
	return err
}

// readBody reads an ActivityPub body: WrongType, TooLarge or Invalid when it is
// not one.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if !isActivity(r.Header.Get("Content-Type")) {
		return nil, activity.Refuse(activity.WrongType, "wrong_media_type", "an inbox takes %s", activityJSON)
	}
	if r.ContentLength > limits.Document {
		return nil, tooLarge()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limits.Document))
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, tooLarge()
	}
	if err != nil {
		return nil, activity.Because(activity.Invalid, "unreadable_body", err, "the body could not be read")
	}
	return body, nil
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
