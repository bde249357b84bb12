package activity

import (
	"encoding/json"
	"strings"
	"testing"

	"entente.example/entente/activity/limits"
)

func TestWhatAnAttachmentSaysOfAPictureIsReadOrLeftOut(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]Attachment{
		`{"width":640,"height":480,"blurhash":"LEHV6nWB2yk8","focalPoint":[-0.5,1]}`: {Width: 640, Height: 480, Blurhash: "LEHV6nWB2yk8", FocalPoint: Focus{-0.5, 1}},
		`{"width":"640","height":-1,"blurhash":7,"focalPoint":[2,0]}`:                {},
		`{"width":1e300,"height":null,"focalPoint":[0.1]}`:                           {},
		`{"width":12.7,"focalPoint":{"x":1}}`:                                        {Width: 12},
	} {
		var got Attachment
		if err := json.Unmarshal([]byte(sent), &got); err != nil || got.Width != want.Width || got.Height != want.Height || got.Blurhash != want.Blurhash || got.FocalPoint != want.FocalPoint {
			t.Errorf("%s became %+v, %v", sent, got, err)
		}
	}
	long := readNote(t, `{"id":"https://a.example/1","type":"Note","attributedTo":"https://a.example/u","attachment":{"type":"Image","url":"https://a.example/1.png","blurhash":"`+strings.Repeat("x", 999)+`","name":"`+strings.Repeat("y", 9999)+`"}}`)
	if a := long.Attachment[0]; a.Blurhash != "" || len(a.Name) != limits.Description {
		t.Errorf("kept a blurhash of %d and a name of %d bytes", len(a.Blurhash), len(a.Name))
	}
	b, err := json.Marshal(Attachment{Type: "Document", Width: 3, FocalPoint: Focus{0, -0.25}})
	if want := `{"type":"Document","width":3,"focalPoint":[0,-0.25]}`; err != nil || string(b) != want {
		t.Errorf("written as %s, %v", b, err)
	}
}

func readNote(t *testing.T, raw string) Note {
	t.Helper()
	n, err := ReadNote(json.RawMessage(raw))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
