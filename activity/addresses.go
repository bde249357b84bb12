package activity

import (
	"encoding/json"

	"entente.example/entente/activity/limits"
)

// address is an address and what is there.
type address struct {
	Href          ID
	MediaType     Text
	Width, Height Side
}

// addresses are those in a property that holds one or many: "x", {"href": "x"},
// {"type": "Image", "url": ...}, or lists of these. Those inside the tag of one are
// taken too: PeerTube has the files of a video in the tag of its playlist.
type addresses []address

// UnmarshalJSON never fails on well-formed JSON.
func (ls *addresses) UnmarshalJSON(b []byte) error {
	*ls = nil
	ls.read(b, 3)
	return nil
}

func (ls *addresses) read(b []byte, levels int) {
	eachValue(b, func(v json.RawMessage) bool {
		var w struct {
			Href      Text            `json:"href"`
			URL       json.RawMessage `json:"url"`
			MediaType Text            `json:"mediaType"`
			Width     Side            `json:"width"`
			Height    Side            `json:"height"`
			Tag       json.RawMessage `json:"tag"`
		}
		switch {
		case v[0] == '"':
			w.Href = Text(NewCursor(v).Text())
		case v[0] != '{' || json.Unmarshal(v, &w) != nil:
			return true
		case w.Href == "" && w.URL != nil && levels > 0:
			from := len(*ls)
			ls.read(w.URL, levels-1)
			for i := range (*ls)[from:] {
				l := &(*ls)[from+i]
				l.Width, l.Height = max(l.Width, w.Width), max(l.Height, w.Height)
			}
		}
		if href := shortID(string(w.Href)); href != "" {
			*ls = append(*ls, address{href, w.MediaType, w.Width, w.Height})
		}
		if w.Tag != nil && levels > 0 {
			ls.read(w.Tag, levels-1)
		}
		return len(*ls) < limits.Tags
	})
}

// largest is the widest; zero for none.
func (ls addresses) largest() (found address) {
	for _, l := range ls {
		if found.Href == "" || l.Width > found.Width {
			found = l
		}
	}
	return found
}

// pages are the addresses of those that are not files.
func (ls addresses) pages() IDs {
	var ids IDs
	for _, l := range ls {
		if l.MediaType == "" || l.MediaType == "text/html" {
			ids = append(ids, l.Href)
		}
	}
	return ids
}

// maxPlayed is the height of a video that is preferred: larger files play late.
const maxPlayed = 720

// played is the file that plays best: the largest of at most maxPlayed, else the
// smallest of the larger ones.
func (ls addresses) played() (a Attachment, ok bool) {
	for _, l := range ls {
		f := Attachment{MediaType: l.MediaType, URL: IDs{l.Href}, Width: l.Width, Height: l.Height}
		if k := f.Kind(); l.MediaType == "" || k != "video" && k != "audio" {
			continue
		}
		fits, fit := f.Height <= maxPlayed, a.Height <= maxPlayed
		if !ok || fits && (!fit || f.Height > a.Height) || !fits && !fit && f.Height < a.Height {
			a, ok = f, true
		}
	}
	return a, ok
}
