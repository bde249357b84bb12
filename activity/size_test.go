package activity_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
)

const maxBody = 1 << 20

// hostileBodies are as long as a body may be and made to keep a reader busy.
func hostileBodies() map[string][]byte {
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

// Each of these takes some 50 ms on one idle core. The limit leaves room for the
// race detector on a busy machine; what is quadratic needs far longer.
const patience = 3 * time.Second

func TestNoBodyKeepsAReaderBusy(t *testing.T) {
	t.Parallel()
	for name, raw := range hostileBodies() {
		if !json.Valid(raw) || len(raw) > maxBody {
			t.Fatalf("%s: %d bytes", name, len(raw))
		}
		start := time.Now()
		_, _ = activity.ReadEnvelope(raw)
		if n, err := activity.ReadNote(raw); err == nil {
			n.Hashtags()
		}
		if took := time.Since(start); took > patience {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func BenchmarkHostileBodies(b *testing.B) {
	read := map[string]func([]byte) error{
		"CheckDocument": activity.CheckDocument,
		"ReadEnvelope":  func(raw []byte) error { _, err := activity.ReadEnvelope(raw); return err },
		"ReadNote":      func(raw []byte) error { _, err := activity.ReadNote(raw); return err },
	}
	for name, raw := range hostileBodies() {
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
