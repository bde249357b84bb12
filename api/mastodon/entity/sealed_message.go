package entity

import (
	"encoding/json"

	"entente.example/entente/store"
)

// SealedMessage is ours: a message that only its readers' devices can open (MLS in
// ActivityPub), with the ActivityPub object as it was sent.
type SealedMessage struct {
	ID        store.Key       `json:"id,string"`
	CreatedAt Time            `json:"created_at"`
	Object    json.RawMessage `json:"object"`
}
