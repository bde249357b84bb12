package succession

import (
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
)

// Copy is one page of what the successor of a group needs to go on with it. The host shows
// it to nobody else.
type Copy struct {
	Context  json.RawMessage `json:"@context"`
	ID       activity.ID     `json:"id"`
	Type     string          `json:"type"` // "SuccessionCopy"
	Settings Settings        `json:"settings"`
	People   []Person        `json:"people"`
	Next     activity.ID     `json:"next,omitempty"`
}

// KindCopy is the type of a Copy.
const KindCopy = "SuccessionCopy"

// Settings are those of a group that its document does not say.
type Settings struct {
	Companies []string `json:"companies"` // with their levels, as activity.ReadSeat reads them
	Posting   string   `json:"posting"`
	Inviting  string   `json:"inviting"`
	Reviewed  bool     `json:"reviewed"`
}

// Person is somebody in the group, or banned from it.
type Person struct {
	ID   activity.ID `json:"id"`
	Role string      `json:"role"` // one of Roles
}

// Roles are what somebody can be to a group.
var Roles = []string{"member", "moderator", "owner", "ban"}

// ReadCopy reads a page that was asked for, or refuses it (Invalid, "bad_copy").
func ReadCopy(raw json.RawMessage, id activity.ID) (Copy, error) {
	var c Copy
	bad := func(p Person) bool { return p.ID.Host() == "" || !slices.Contains(Roles, p.Role) }
	if json.Unmarshal(raw, &c) != nil || c.Type != KindCopy || c.ID != id || slices.ContainsFunc(c.People, bad) || c.Next != "" && !activity.SameOrigin(c.Next, id) {
		return c, activity.Refuse(activity.Invalid, "bad_copy", "this is not the list of who is in a group that its successor needs")
	}
	return c, nil
}
