package mastodon_test

import (
	"testing"
	"time"
)

func TestAPostWaitsForItsTimeAndOnlyItsAuthorKnows(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, amir := c.hire("alice"), c.hire("amir")
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	picture := alice.uploads(pngOf(3, 2), "x", "image/png").is(200).object()
	made := alice.does("POST", "/api/v1/statuses", "status", "tomorrow", "visibility", "unlisted", "media_ids[]", id(picture), "scheduled_at", in(24*time.Hour)).object()
	at := "/api/v1/scheduled_statuses/" + id(made)
	if dig(made, "params", "text") != "tomorrow" || dig(made, "params", "visibility") != "unlisted" || len(made["media_attachments"].([]any)) != 1 {
		t.Fatalf("%v", made)
	}
	if got := alice.does("GET", "/api/v1/scheduled_statuses").list(); len(got) != 1 || id(got[0]) != id(made) {
		t.Errorf("%v", got)
	}
	if got := amir.does("GET", "/api/v1/scheduled_statuses").list(); len(got) != 0 {
		t.Errorf("amir sees %v", got)
	}
	amir.asks("GET", at).refused(404, "not_found")
	amir.asks("PUT", at, "scheduled_at", in(time.Hour)).refused(404, "not_found")
	amir.asks("DELETE", at).refused(404, "not_found")
	alice.asks("GET", "/api/v1/statuses/"+id(made)).refused(404, "not_found")
	for _, path := range []string{"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/accounts/" + alice.Key.String() + "/statuses"} {
		if got := alice.does("GET", path).list(); len(got) != 0 {
			t.Errorf("%s: %v", path, got)
		}
	}

	alice.asks("PUT", at, "scheduled_at", in(time.Minute)).refused(422, "too_soon")
	alice.asks("PUT", at, "scheduled_at", "soon").refused(422, "bad_time")
	alice.asks("POST", "/api/v1/statuses", "status", "x", "scheduled_at", in(time.Minute)).refused(422, "too_soon")
	alice.asks("POST", "/api/v1/statuses", "status", "", "scheduled_at", in(time.Hour)).refused(422, "empty_text")
	moved := alice.does("PUT", at, "scheduled_at", in(48*time.Hour)).object()
	if moved["scheduled_at"] == made["scheduled_at"] || alice.does("GET", at).object()["scheduled_at"] != moved["scheduled_at"] {
		t.Errorf("%v", moved)
	}
	alice.does("DELETE", at)
	alice.asks("GET", at).refused(404, "not_found")
}
