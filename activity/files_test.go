package activity_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
)

// fileOf is the one file of a note with these properties.
func fileOf(t *testing.T, rest string) activity.Attachment {
	t.Helper()
	n := noteWith(t, rest)
	if len(n.Attachment) != 1 {
		t.Fatalf("%s has %d files", rest, len(n.Attachment))
	}
	return n.Attachment[0]
}

func TestFilesAreReadInEveryShapeTheyAreSentIn(t *testing.T) {
	t.Parallel()
	at := activity.IDs{"https://m.example/a"}
	for name, tc := range map[string]struct {
		sent string
		want activity.Attachment
		kind string
	}{
		"mastodon": {`"attachment":[{"type":"Document","mediaType":"image/jpeg","url":"https://m.example/a","name":"a <b>cat</b>","blurhash":"LIIE|gRj00WB-;j[t7j[4nWBj[Rj","focalPoint":[0.0,-0.5],"width":1500,"height":1095}]`,
			activity.Attachment{Type: "Document", MediaType: "image/jpeg", URL: at, Name: "a cat", Width: 1500, Height: 1095, Blurhash: "LIIE|gRj00WB-;j[t7j[4nWBj[Rj", FocalPoint: activity.Focus{Y: -0.5}}, "image"},
		"gotosocial": {`"attachment":{"type":"Image","mediaType":"image/png","summary":"the summary","name":"the name","url":"https://m.example/a"}`,
			activity.Attachment{Type: "Image", MediaType: "image/png", URL: at, Name: "the summary"}, "image"},
		"pleroma": {`"attachment":[{"type":"Document","name":"","url":[{"type":"Link","href":"https://m.example/a","mediaType":"audio/ogg"}]}]`,
			activity.Attachment{Type: "Document", MediaType: "audio/ogg", URL: at}, "audio"},
		"bridgy":        {`"attachment":[{"type":"Video","url":"https://m.example/a","width":"640","height":"1e99"}]`, activity.Attachment{Type: "Video", URL: at}, "video"},
		"owncast":       {`"attachment":[{"type":"Image","content":"Preview","url":"https://m.example/a"}]`, activity.Attachment{Type: "Image", URL: at}, "image"},
		"an address":    {`"attachment":"https://m.example/a.WebP"`, activity.Attachment{URL: activity.IDs{"https://m.example/a.WebP"}}, "image"},
		"lemmy, a link": {`"attachment":[{"type":"Link","href":"https://m.example/a.jpg"}]`, activity.Attachment{Type: "Link", URL: activity.IDs{"https://m.example/a.jpg"}}, "image"},
		"lemmy, a page": {`"attachment":[{"type":"Link","href":"https://m.example/a","mediaType":"text/html"}]`, activity.Attachment{Type: "Link", MediaType: "text/html", URL: at}, ""},
		"lemmy, image":  {`"image":{"type":"Image","url":"https://m.example/a"}`, activity.Attachment{Type: "Image", URL: at}, "image"},
		"mobilizon":     {`"image":{"type":"Image","url":"https://m.example/a"},"attachment":[{"type":"Document","mediaType":"image/png","name":"Banner","url":"https://m.example/a"}]`, activity.Attachment{Type: "Document", MediaType: "image/png", Name: "Banner", URL: at}, "image"},
		"several, some odd": {`"attachment":[null,7,[],{"haha":1},{"type":"Image","url":"hl:zQm"},{"type":"Image","url":"javascript:x"},{"type":["Image","x"],"url":{"href":"https://m.example/a"},"blurhash":"<script>","focalPoint":[9,0]}]`,
			activity.Attachment{Type: "Image", URL: at}, "image"},
	} {
		t.Run(name, func(t *testing.T) {
			got := fileOf(t, ","+tc.sent)
			if !reflect.DeepEqual(got, tc.want) || got.Kind() != tc.kind {
				t.Errorf("got %+v, a %q", got, got.Kind())
			}
			var again activity.Attachment
			if b, err := json.Marshal(got); err != nil || json.Unmarshal(b, &again) != nil || !reflect.DeepEqual(again, got) {
				t.Errorf("it is kept as %+v", again)
			}
		})
	}
}

func TestOfAVideoOfPeerTubeTheFileThatPlaysIsTaken(t *testing.T) {
	t.Parallel()
	n := noteWith(t, `,"name":"A film","icon":[{"type":"Image","url":"https://a.example/small.jpg","width":200},{"type":"Image","url":"https://a.example/big.jpg","width":800}],
		"url":[{"type":"Link","mediaType":"text/html","href":"https://a.example/w/1"},
			{"type":"Link","mediaType":"application/x-bittorrent","href":"https://a.example/1.torrent","height":1080},
			{"type":"Link","mediaType":"application/x-mpegURL","href":"https://a.example/1.m3u8","tag":[
				{"type":"Link","mediaType":"video/mp4","href":"https://a.example/1080.mp4","height":1080},
				{"type":"Link","mediaType":"video/mp4","href":"https://a.example/480.mp4","height":480},
				{"type":"Link","rel":["metadata","video/mp4"],"mediaType":"application/json","href":"https://a.example/meta","height":720},
				{"type":"Link","mediaType":"video/mp4","href":"https://a.example/720.mp4","height":720,"width":1280}]}]`)
	want := activity.Attachment{Type: "Question", MediaType: "video/mp4", URL: activity.IDs{"https://a.example/720.mp4"}, Width: 1280, Height: 720, Preview: "https://a.example/big.jpg"}
	if len(n.Attachment) != 1 || !reflect.DeepEqual(n.Attachment[0], want) || n.Page() != "https://a.example/w/1" {
		t.Errorf("got %+v, read at %s", n.Attachment, n.Page())
	}
}

func TestWhatAnArticleOrEventHasBesides(t *testing.T) {
	t.Parallel()
	n := noteWith(t, `,"nameMap":{"fr":"Fête"},"summaryMap":{"fr":"Venez"},"startTime":"2026-06-01T18:00:00Z","endTime":"2026-06-01T20:00:00Z",
		"location":{"type":"Place","name":"Hall <b>B</b>","address":{"type":"PostalAddress","streetAddress":"1 rue X","postalCode":"44000","addressLocality":"Nantes"}},
		"language":{"identifier":"fr","name":"Français"}`)
	if n.Name != "Fête" || n.Summary != "Venez" || n.Place != "Hall B, 1 rue X, 44000 Nantes" || n.Start.IsZero() || n.EndTime.IsZero() || n.Language() != "fr" {
		t.Errorf("got %+v in %q", n, n.Language())
	}
	for sent, want := range map[string]activity.Place{`"Room 7"`: "Room 7", `[{"type":"VirtualLocation","url":"https://x"},{"name":"A","address":"B"}]`: "A, B", `{"address":3}`: "", `null`: ""} {
		if got := noteWith(t, `,"location":`+sent).Place; got != want {
			t.Errorf("%s is read as %q", sent, got)
		}
	}
	if lang := noteWith(t, `,"contentMap":{"pt":"a","de":"b","en":"c"}`).Language(); lang != "pt" {
		t.Errorf("the language is %q: the first of contentMap is the author's", lang)
	}
}

func TestEmojiAreReadAndThoseThatCannotBeAreNot(t *testing.T) {
	t.Parallel()
	n := noteWith(t, `,"tag":[{"type":"Emoji","id":null,"name":":blob_Cat2:","icon":{"type":"Image","url":"https://media.example/c.png"}},
		{"type":["Emoji"],"name":"plain","icon":"https://media.example/p.png","updated":"x"},
		{"type":"Emoji","name":":list:","icon":[{"url":"https://media.example/l.png"}]},
		{"type":"Emoji","name":":plain:","icon":"https://media.example/again.png"},
		{"type":"Emoji","name":":a b:","icon":"https://media.example/x.png"},{"type":"Emoji","name":":x\"><script>:","icon":"https://media.example/x.png"},
		{"type":"Emoji","name":":`+strings.Repeat("x", 65)+`:","icon":"https://media.example/x.png"},
		{"type":"Emoji","name":":js:","icon":{"url":"javascript:alert(1)"}},{"type":"Emoji","name":":data:","icon":"data:image/png;base64,x"},{"type":"Emoji","name":":none:"}]`)
	want := []activity.Emoji{{"blob_Cat2", "https://media.example/c.png"}, {"plain", "https://media.example/p.png"}, {"list", "https://media.example/l.png"}}
	if got := activity.Emojis(n.Tag); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if got := activity.EmojisIn(n.Tag, "no :plain one", ":list: x"); len(got) != 1 {
		t.Errorf("in the text are %v", got)
	}
	if got := activity.Emojis(noteWith(t, `,"tag":`+many(400, `{"type":"Emoji","name":":e%d:","icon":"https://a.example/%d.png"}`)).Tag); len(got) != 100 {
		t.Errorf("%d emoji", len(got))
	}
}

func TestThePollsOfOthers(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]struct {
		over, multiple bool
		votes          activity.Count
	}{
		`"oneOf":[{"name":"a","replies":{"totalItems":3}},{"name":"b","replies":"https://a.example/r"}],"endTime":"2100-01-01T00:00:00Z"`: {false, false, 3},
		`"anyOf":[{"name":"a","replies":{"totalItems":-5}},{"name":"b"}],"oneOf":[]`:                                                      {false, true, 0},
		`"oneOf":[{"name":"a"},{"name":"b"}],"closed":"2019-09-19T00:32:36.785333"`:                                                       {true, false, 0},
		`"oneOf":[{"name":"a"},{"name":"b"}],"closed":true`:                                                                               {true, false, 0},
		`"oneOf":[{"name":"a"},{"name":"b"}],"closed":"2100-01-01T00:00:00"`:                                                              {false, false, 0},
		`"oneOf":{"name":"a","replies":{"totalItems":1e300}},"votersCount":"many"`:                                                        {false, false, 0},
	} {
		n := noteWith(t, ","+sent)
		if n.IsOver(time.Now()) != want.over || n.IsMultiple() != want.multiple || n.Votes() != want.votes || len(n.Options()) == 0 {
			t.Errorf("%s: over %v, multiple %v, %d votes of %v", sent, n.IsOver(time.Now()), n.IsMultiple(), n.Votes(), n.Options())
		}
	}
}
