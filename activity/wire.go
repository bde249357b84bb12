package activity

import "encoding/json"

// What has one value is written without brackets: Mastodon fails on a list of
// authors, and Lemmy on one of groups. Addressees stay lists, since others fail
// on a single one.
//
// A struct that embeds one of these nouns is written as the noun alone.

// single is a list that is written without brackets when it has one entry.
type single[T any] []T

// MarshalJSON writes {..} or [{..}, {..}].
func (s single[T]) MarshalJSON() ([]byte, error) {
	if len(s) == 1 {
		return json.Marshal(s[0])
	}
	return json.Marshal([]T(s))
}

// MarshalJSON writes the group without brackets, and for what is written or edited
// to and cc also where nobody is in them: Lemmy reads no Create or Update without.
func (e Envelope) MarshalJSON() ([]byte, error) {
	type plain Envelope
	groups := single[ID](e.Groups)
	if e.Type != "Create" && e.Type != "Update" {
		return json.Marshal(struct {
			plain
			Groups single[ID] `json:"audience,omitempty"`
		}{plain(e), groups})
	}
	return json.Marshal(struct {
		plain
		To     []ID       `json:"to"`
		Cc     []ID       `json:"cc"`
		Groups single[ID] `json:"audience,omitempty"`
	}{plain(e), append([]ID{}, e.To...), append([]ID{}, e.Cc...), groups})
}

// MarshalJSON writes author, parent, page and group without brackets, and what it
// quotes under all names.
func (n Note) MarshalJSON() ([]byte, error) {
	type plain Note
	return json.Marshal(struct {
		plain
		AttributedTo single[ID] `json:"attributedTo,omitempty"`
		InReplyTo    single[ID] `json:"inReplyTo,omitempty"`
		URL          single[ID] `json:"url,omitempty"`
		Groups       single[ID] `json:"audience,omitempty"`
		Quoting
	}{plain(n), single[ID](n.AttributedTo), single[ID](n.InReplyTo), single[ID](n.URL), single[ID](n.Groups), n.Quoting.everywhere()})
}

// MarshalJSON writes the address of the file without brackets.
func (a Attachment) MarshalJSON() ([]byte, error) {
	type plain Attachment
	return json.Marshal(struct {
		plain
		URL single[ID] `json:"url,omitempty"`
	}{plain(a), single[ID](a.URL)})
}

// MarshalJSON writes page, moderators, key and pictures without brackets.
func (a Actor) MarshalJSON() ([]byte, error) {
	type plain Actor
	return json.Marshal(struct {
		plain
		URL          single[ID]         `json:"url,omitempty"`
		AttributedTo single[ID]         `json:"attributedTo,omitempty"`
		PublicKey    single[PublicKey]  `json:"publicKey,omitempty"`
		Icon         single[Attachment] `json:"icon,omitempty"`
		Image        single[Attachment] `json:"image,omitempty"`
	}{plain(a), single[ID](a.URL), single[ID](a.AttributedTo), single[PublicKey](a.PublicKey), single[Attachment](a.Icon), single[Attachment](a.Image)})
}
