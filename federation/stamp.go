package federation

import "entente.example/entente/activity"

// petition asks an author for leave to do something to a note of theirs: object is
// the note, instrument what is to be done (QuoteRequest of FEP-044f; LikeRequest,
// ReplyRequest, AnnounceRequest of GoToSocial).
type petition struct {
	ID         activity.ID  `json:"id"`
	Type       string       `json:"type"`
	Actor      activity.Ref `json:"actor"`
	Object     activity.Ref `json:"object"`
	Instrument activity.Ref `json:"instrument"`
}

// requests are the types of requests, by what they ask for.
var requests = map[string]string{"QuoteRequest": "quote", "LikeRequest": "like", "ReplyRequest": "reply", "AnnounceRequest": "announce"}

// kind is what is asked for: quote, like, reply or announce; "" for no request.
func (r petition) kind() string { return requests[r.Type] }

// Stamp is the word of an author that something may be done to a note: that
// interactingObject may be there with interactionTarget.
type Stamp struct {
	Context           any         `json:"@context,omitempty"`
	ID                activity.ID `json:"id"`
	Type              string      `json:"type"`
	AttributedTo      activity.ID `json:"attributedTo"`
	InteractingObject activity.ID `json:"interactingObject"`
	InteractionTarget activity.ID `json:"interactionTarget"`
}

// StampType is the type of the stamp that answers a request for something.
func StampType(kind string) string {
	return map[string]string{"quote": "QuoteAuthorization", "like": "LikeAuthorization", "reply": "ReplyAuthorization", "announce": "AnnounceAuthorization"}[kind]
}
