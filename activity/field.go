package activity

import (
	"encoding/json"
	"html"
	"strings"
)

// Field is one line of a profile (schema:PropertyValue).
type Field struct {
	Type  string `json:"type"`
	Name  Text   `json:"name"`
	Value Text   `json:"value"` // sanitised HTML
}

const propertyValue = "PropertyValue"

// UnmarshalJSON reads a line in each of the ways it is sent: as a PropertyValue, or as a Note
// or a Link (FEP-fb2a).
func (f *Field) UnmarshalJSON(b []byte) error {
	var w struct {
		Type    Names `json:"type"`
		Name    Text  `json:"name"`
		Value   Text  `json:"value"`
		Content Text  `json:"content"`
		Href    Text  `json:"href"`
	}
	err := json.Unmarshal(b, &w)
	*f = Field{Type: strings.TrimPrefix(w.Type.First(), "schema:"), Name: w.Name, Value: w.Value}
	switch {
	case f.Type == "Note":
		f.Type, f.Value = propertyValue, w.Content
	case f.Type == "Link" && w.Href != "":
		href := html.EscapeString(string(w.Href))
		f.Type, f.Value = propertyValue, Text(`<a href="`+href+`">`+href+`</a>`)
	}
	return err
}

// isOther says that it is no line but another attachment, as a proof of who somebody is.
func (f Field) isOther() bool { return f.Type != "" && f.Type != propertyValue }
