package activity

import (
	"encoding/json"
	"regexp"
	"strings"

	"entente.example/entente/activity/limits"
)

// Tag is a Mention, a Hashtag or an Emoji.
type Tag struct {
	Type      string      `json:"type"`
	ID        Text        `json:"id,omitempty"` // of an emoji
	Href      Text        `json:"href,omitempty"`
	Name      Text        `json:"name,omitempty"`
	Icon      *Attachment `json:"icon,omitempty"`      // of an emoji: its picture
	MediaType Text        `json:"mediaType,omitempty"` // of a Link to an object (FEP-e232)
	Rel       Names       `json:"rel,omitempty"`
}

// UnmarshalJSON reads an object. Of several types the first counts.
func (t *Tag) UnmarshalJSON(b []byte) error {
	type plain Tag
	w := struct {
		*plain
		Type Names `json:"type"`
	}{plain: (*plain)(t)}
	*t = Tag{}
	err := json.Unmarshal(b, &w)
	t.Type = w.Type.First()
	return err
}

// Emoji is a picture that stands for :Shortcode: in a text (toot:Emoji).
type Emoji struct {
	Shortcode string // without colons
	URL       ID     // http or https, on any host
}

// shortcode has dashes too in Pleroma and its kin.
var shortcode = regexp.MustCompile(`^[a-zA-Z0-9_+-]{1,64}$`)

// Emojis are the custom emoji that a document brings along, each shortcode once: at
// most limits.Emojis, and only those with a picture at an http address.
func Emojis(tags List[Tag]) []Emoji {
	var found []Emoji
	seen := map[string]bool{}
	for _, t := range tags {
		code := strings.TrimSuffix(strings.TrimPrefix(string(t.Name), ":"), ":")
		if t.Type != "Emoji" || t.Icon == nil || seen[code] || !shortcode.MatchString(code) || len(found) == limits.Emojis {
			continue
		}
		url := t.Icon.URL.First()
		if _, err := url.URL(); err != nil {
			continue
		}
		seen[code] = true
		found = append(found, Emoji{code, url})
	}
	return found
}

// EmojisIn are those of the emoji whose :shortcode: is in one of the texts.
func EmojisIn(tags List[Tag], texts ...string) []Emoji {
	var found []Emoji
	for _, e := range Emojis(tags) {
		for _, text := range texts {
			if strings.Contains(text, ":"+e.Shortcode+":") {
				found = append(found, e)
				break
			}
		}
	}
	return found
}

// EmojiTag is the tag of an emoji.
func EmojiTag(e Emoji) Tag {
	return Tag{Type: "Emoji", ID: Text(e.URL), Name: Text(":" + e.Shortcode + ":"), Icon: &Attachment{Type: "Image", URL: IDs{e.URL}}}
}
