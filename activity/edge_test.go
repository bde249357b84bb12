package activity_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// The longest of each is kept, and what is longer by one is not.
func TestWhatIsOneTooLongIsNotKept(t *testing.T) {
	t.Parallel()
	into := func(v any, raw string) {
		t.Helper()
		if err := json.Unmarshal([]byte(raw), v); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		most  int
		keeps func(n int) bool
	}{
		"an id": {limits.ID, func(n int) bool {
			const host = "https://a.example/"
			_, err := activity.ID(host + strings.Repeat("x", n-len(host))).URL()
			return err == nil
		}},
		"a hashtag": {limits.Hashtag, func(n int) bool {
			return len(noteWith(t, `,"tag":{"type":"Hashtag","name":"#`+strings.Repeat("x", n)+`"}`).Hashtags()) == 1
		}},
		"a place": {limits.Place, func(n int) bool {
			var p activity.Place
			into(&p, `"`+strings.Repeat("x", n)+`"`)
			return len(p) == n
		}},
		"an emoji": {limits.Reaction, func(n int) bool { // with as many marks as make it so long
			return activity.OneEmoji("\U0001F600"+strings.Repeat("\uFE0F", (n-4)/3)+strings.Repeat("\u0301", (n-4)%3)) != ""
		}},
		"a count": {limits.Count, func(n int) bool {
			var c activity.Count
			into(&c, fmt.Sprint(n))
			return int(c) == n
		}},
		"a side": {limits.PictureSide, func(n int) bool {
			var a activity.Attachment
			into(&a, fmt.Sprintf(`{"width":%d}`, n))
			return int(a.Width) == n
		}},
		"a blurhash": {limits.Blurhash, func(n int) bool {
			var a activity.Attachment
			into(&a, `{"blurhash":"`+strings.Repeat("0", n)+`"}`)
			return a.Blurhash != ""
		}},
	} {
		if !tc.keeps(tc.most) || tc.keeps(tc.most+1) {
			t.Errorf("%s of %d is kept: %v; of one more: %v", name, tc.most, tc.keeps(tc.most), tc.keeps(tc.most+1))
		}
	}
}
