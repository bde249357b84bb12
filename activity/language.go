package activity

import (
	"bytes"
	"encoding/json"
	"strings"

	"entente.example/entente/activity/limits"
)

// Language is a BCP 47 code, "" when unknown.
type Language Text

// UnmarshalJSON reads "fr" or, of Lemmy and PeerTube, {"identifier": "fr"}. It
// never fails on well-formed JSON.
func (l *Language) UnmarshalJSON(b []byte) error {
	var code Text
	var named struct {
		Identifier Text `json:"identifier"`
	}
	if len(b) > 0 && b[0] == '{' && json.Unmarshal(b, &named) == nil {
		code = named.Identifier
	} else {
		_ = code.UnmarshalJSON(b) // never fails
	}
	if len(code) > limits.LanguageCode || code == "und" { // Lemmy: undetermined
		code = ""
	}
	*l = Language(code)
	return nil
}

// Place is where an event is, on one line of plain text.
type Place Text

// UnmarshalJSON reads a text, or a Place with a name and an address (a text, or a
// schema.org PostalAddress); of several the first. It never fails on well-formed
// JSON.
func (p *Place) UnmarshalJSON(b []byte) error {
	*p = ""
	eachValue(b, func(v json.RawMessage) bool {
		var at struct {
			Name    Text            `json:"name"`
			Address json.RawMessage `json:"address"`
		}
		var postal struct {
			Street   Text `json:"streetAddress"`
			Code     Text `json:"postalCode"`
			Locality Text `json:"addressLocality"`
			Country  Text `json:"addressCountry"`
		}
		if v[0] == '{' && json.Unmarshal(v, &at) == nil {
			_ = json.Unmarshal(at.Address, &postal) // a text, or nothing
		}
		parts := []Text{at.Name, Text(NewCursor(at.Address).Text()), postal.Street, Text(strings.TrimSpace(string(postal.Code + " " + postal.Locality))), postal.Country, Text(NewCursor(v).Text())}
		for _, part := range parts {
			part = Text(strings.Join(strings.Fields(PlainText(string(cut(part, limits.Place)))), " "))
			switch {
			case part == "":
			case *p == "":
				*p = Place(part)
			default:
				*p += ", " + Place(part)
			}
		}
		*p = cut(*p, limits.Place)
		return *p == ""
	})
	return nil
}

// contentMap is the text by language, and the one that the author wrote first
// (interop §3.1).
type contentMap struct {
	texts map[string]Text
	first Text
	lang  Language // of first
}

// UnmarshalJSON never fails on well-formed JSON; some send a string. What is not
// the code of a language is left out, and so are those after limits.Languages.
func (m *contentMap) UnmarshalJSON(b []byte) error {
	*m = contentMap{}
	d := json.NewDecoder(bytes.NewReader(b))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	m.texts = map[string]Text{}
	for d.More() && len(m.texts) < limits.Languages {
		var text Text
		token, err := d.Token()
		if err != nil || d.Decode(&text) != nil {
			return err
		}
		lang, _ := token.(string)
		if lang == "" || len(lang) > limits.LanguageCode {
			continue
		}
		if len(m.texts) == 0 {
			m.first, m.lang = text, Language(lang)
		}
		m.texts[lang] = text
	}
	return nil
}
