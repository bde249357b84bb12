package activity_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"entente.example/entente/activity"
)

const (
	longest = 1 << 20 // bytes of a body
	enough  = 1 << 16 // to see what it is
)

// hostileBodies have so many bytes and are made to keep a reader busy.
func hostileBodies(maxBody int) map[string][]byte {
	fill := func(property, entry string) []byte {
		return bodyOf(property, "["+strings.Repeat(entry+",", (maxBody-300)/(len(entry)+1))+"1]")
	}
	numbered := func(format string) []byte {
		var b strings.Builder
		for i := 0; b.Len() < maxBody-400; i++ {
			fmt.Fprintf(&b, format+",", i)
		}
		return []byte(strings.TrimSuffix(b.String(), ","))
	}
	nested := strings.Repeat(`{"object":[`, 30) + strings.Repeat(`{"object":"x"},`, 60_000) + "1" + strings.Repeat("]}", 30)
	return map[string][]byte{
		"tags":                fill("tag", `{"type":"Hashtag","name":"#x"}`),
		"different tags":      bodyOf("tag", "["+string(numbered(`{"type":"Hashtag","name":"#%d"}`))+"]"),
		"empty tags":          fill("tag", `{}`),
		"attachments":         fill("attachment", `{"url":["a"]}`),
		"addressees":          fill("to", `"https://a.example/1"`),
		"embedded addressees": fill("cc", `{"id":"x"}`),
		"short addressees":    fill("audience", `""`),
		"different hosts":     bodyOf("object", "["+string(numbered(`"https://h%d"`))+"]"),
		"no hosts":            bodyOf("object", "["+string(numbered(`"https://ü%%%d"`))+"]"),
		"empty objects":       fill("object", `{}`),
		"empty lists":         fill("object", `[]`),
		"names":               append(append([]byte(`{"a":1,`), numbered(`"n%d":0`)...), '}'),
		"names in an id":      bodyOf("object", `{"id":{`+string(numbered(`"n%d":0`))+"}}"),
		"deep objects":        bodyOf("object", nested),
		"deepest":             fill("object", strings.Repeat(`{"object":`, 60)+`"x"`+strings.Repeat("}", 60)),
		"deepest lists":       fill("object", strings.Repeat(`[`, 60)+strings.Repeat("]", 60)),
		"languages":           bodyOf("contentMap", "{"+string(numbered(`"l%d":"x"`))+"}"),
		"markup":              bodyOf("content", `"`+strings.Repeat("<b>", maxBody/3-100)+`"`),
	}
}

func bodyOf(property, value string) []byte {
	return []byte(`{"id":"https://a.example/1","type":"Note","actor":"https://a.example/u","attributedTo":"https://a.example/u","` + property + `":` + value + `}`)
}

// How long they keep a reader is for the benchmark to say: some 50 ms on one idle
// core.
func TestBodiesMadeToExhaustAReaderAreAnswered(t *testing.T) {
	t.Parallel()
	for name, raw := range hostileBodies(enough) {
		if !json.Valid(raw) || len(raw) > longest {
			t.Fatalf("%s: %d bytes", name, len(raw))
		}
		if _, err := activity.ReadEnvelope(raw); err != nil && !activity.KindOf(err).Permanent() {
			t.Errorf("%s as an activity: %v", name, err)
		}
		n, err := activity.ReadNote(raw)
		if err != nil && !activity.KindOf(err).Permanent() {
			t.Errorf("%s as a note: %v", name, err)
		}
		if tags := n.Hashtags(); len(tags) > 100 {
			t.Errorf("%s has %d hashtags", name, len(tags))
		}
	}
}

func BenchmarkHostileBodies(b *testing.B) {
	read := map[string]func([]byte) error{
		"CheckDocument": activity.CheckDocument,
		"ReadEnvelope":  func(raw []byte) error { _, err := activity.ReadEnvelope(raw); return err },
		"ReadNote":      func(raw []byte) error { _, err := activity.ReadNote(raw); return err },
	}
	for name, raw := range hostileBodies(longest) {
		for how, fn := range read {
			b.Run(how+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(raw)))
				for b.Loop() {
					_ = fn(raw)
				}
			})
		}
	}
}
