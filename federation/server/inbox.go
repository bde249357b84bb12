package server

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"entente.example/entente/activity"
)

// MaxBody is the largest activity that is taken, in bytes: what Mastodon takes.
const MaxBody = 1 << 20

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
	if r.ContentLength > MaxBody {
		return nil, tooLarge()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, tooLarge()
	}
	if err != nil {
		return nil, activity.Because(activity.Invalid, "unreadable_body", err, "the body could not be read")
	}
	return body, nil
}

func tooLarge() error {
	return activity.Refuse(activity.TooLarge, "too_large", "an activity has at most %d bytes", MaxBody)
}

// isActivity knows the two media types of ActivityPub §3.2.
func isActivity(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	return media == activityJSON || media == "application/ld+json" && params["profile"] == "https://www.w3.org/ns/activitystreams"
}
