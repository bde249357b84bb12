package mastodon_test

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

func TestAPostCanBeReadEditedAndDeleted(t *testing.T) {
	t.Parallel()
	alice := open(t).hire("alice")
	posted := alice.post("Hello *world* #Launch", "spoiler_text", "news", "language", "en", "visibility", "unlisted")
	path := "/api/v1/statuses/" + id(posted)
	if c := posted["content"].(string); !strings.Contains(c, "<em>world</em>") {
		t.Errorf("content: %s", c)
	}
	for key, want := range (object{"visibility": "unlisted", "spoiler_text": "news", "sensitive": true, "language": "en", "edited_at": nil}) {
		if posted[key] != want {
			t.Errorf("%s is %v, not %v", key, posted[key], want)
		}
	}
	if tags := posted["tags"].([]any); len(tags) != 1 || dig(tags[0], "name") != "launch" {
		t.Errorf("tags: %v", tags)
	}
	if s := alice.does("GET", path+"/source").object(); s["text"] != "Hello *world* #Launch" || s["spoiler_text"] != "news" {
		t.Errorf("source: %v", s)
	}

	edited := alice.does("PUT", path, "status", "Goodbye").object()
	if !strings.Contains(edited["content"].(string), "Goodbye") || edited["edited_at"] == nil || edited["spoiler_text"] != "" {
		t.Errorf("edited: %v", edited)
	}
	versions := alice.does("GET", path+"/history").list()
	if len(versions) != 2 || dig(versions[0], "spoiler_text") != "news" || dig(versions[1], "created_at") != edited["edited_at"] || dig(versions[1], "account", "acct") != "alice" {
		t.Errorf("history: %v", versions)
	}
	gone := alice.does("DELETE", path).object()
	if gone["text"] != "Goodbye" || id(gone) != id(posted) {
		t.Errorf("deleted: %v", gone)
	}
	alice.asks("GET", path).refused(http.StatusNotFound, "not_found")
}

func TestJSONAndMultipartBodiesAreReadLikeForms(t *testing.T) {
	t.Parallel()
	alice := open(t).hire("alice")
	first := alice.post("first")
	for kind, body := range map[string]string{
		"application/json": `{"status": "an answer", "in_reply_to_id": "` + id(first) + `", "sensitive": true, "media_ids": [], "poll": null}`,
		"multipart/form-data; boundary=x": "--x\r\nContent-Disposition: form-data; name=\"status\"\r\n\r\nan answer\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"in_reply_to_id\"\r\n\r\n" + id(first) + "\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"sensitive\"\r\n\r\n1\r\n--x--\r\n",
	} {
		r := alice.request("POST", "/api/v1/statuses", kind, body)
		r.Header.Set("Authorization", "Bearer "+alice.token)
		s := alice.send(r).is(http.StatusOK).object()
		if s["in_reply_to_id"] != id(first) || s["sensitive"] != true || s["in_reply_to_account_id"] != alice.Key.String() {
			t.Errorf("%s: %v", kind, s)
		}
	}
}

func TestWhatCannotBePostedIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	private := alice.post("not for bob", "visibility", "direct")
	for name, tc := range map[string]struct {
		form   []string
		status int
		reason string
	}{
		"without a text":           {nil, 422, "empty_text"},
		"too long":                 {[]string{"status", strings.Repeat("x", activity.MaxNote+1)}, 422, "long_text"},
		"too long with a warning":  {[]string{"status", strings.Repeat("x", activity.MaxNote), "spoiler_text", "y"}, 422, "long_text"},
		"unknown visibility":       {[]string{"status", "x", "visibility", "limited"}, 422, "bad_visibility"},
		"bad language":             {[]string{"status", "x", "language", "english please"}, 422, "bad_language"},
		"another's picture":        {[]string{"status", "x", "media_ids[]", "1"}, 422, "no_such_media"},
		"a poll without an end":    {[]string{"status", "x", "poll[options][]", "yes", "poll[options][]", "no"}, 422, "bad_poll_time"},
		"a poll for ever":          {[]string{"status", "x", "poll[options][]", "yes", "poll[options][]", "no", "poll[expires_in]", "99999999999"}, 422, "bad_poll_time"},
		"one answer":               {[]string{"status", "x", "poll[options][]", "yes", "poll[expires_in]", "3600"}, 422, "bad_options"},
		"the same answer twice":    {[]string{"status", "x", "poll[options][]", "yes", "poll[options][]", " yes", "poll[expires_in]", "3600"}, 422, "bad_options"},
		"a long answer":            {[]string{"status", "x", "poll[options][]", "yes", "poll[options][]", strings.Repeat("n", 101), "poll[expires_in]", "3600"}, 422, "bad_options"},
		"a poll with hidden votes": {[]string{"status", "x", "poll[options][]", "yes", "poll[options][]", "no", "poll[expires_in]", "3600", "poll[hide_totals]", "true"}, 422, "no_hidden_totals"},
		"later":                    {[]string{"status", "x", "scheduled_at", "2030-01-01T00:00:00Z"}, 422, "too_late"},
		"an answer to nothing":     {[]string{"status", "x", "in_reply_to_id", "12345"}, 404, "not_found"},
		"an answer to the unseen":  {[]string{"status", "x", "in_reply_to_id", id(private)}, 404, "not_found"},
		"in reply to no id":        {[]string{"status", "x", "in_reply_to_id", "abc"}, 422, "bad_parameter"},
		"in a person":              {[]string{"status", "x", "group_id", alice.Key.String()}, 404, "not_found"},
		"with a NUL":               {[]string{"status", "x\x00"}, 422, "bad_text"},
		"with half a character":    {[]string{"status", "x\xff"}, 422, "bad_text"},
	} {
		t.Run(name, func(t *testing.T) {
			a := bob.asks("POST", "/api/v1/statuses", tc.form...)
			a.t = t
			a.refused(tc.status, tc.reason)
		})
	}
}

func TestTooLongAndUnknownBodiesAreRefused(t *testing.T) {
	t.Parallel()
	alice := open(t).hire("alice")
	post := func(kind, body string) answer {
		r := alice.request("POST", "/api/v1/statuses", kind, body)
		r.Header.Set("Authorization", "Bearer "+alice.token)
		return alice.send(r)
	}
	post("application/x-www-form-urlencoded", "status="+strings.Repeat("x", 1<<20)).refused(http.StatusRequestEntityTooLarge, "too_large")
	post("text/plain", "status=x").refused(http.StatusUnsupportedMediaType, "wrong_type")
	post("application/json", `{"status":`).refused(http.StatusUnprocessableEntity, "bad_body")
	post("application/json", `["status"]`).refused(http.StatusUnprocessableEntity, "bad_body")
	post("multipart/form-data; boundary=x", "nothing").refused(http.StatusUnprocessableEntity, "bad_body")
}

func TestTheSameIdempotencyKeyIsTheSamePost(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	post := func(p *person, key string) string {
		r := p.request("POST", "/api/v1/statuses", "application/json", `{"status": "once"}`)
		r.Header.Set("Authorization", "Bearer "+p.token)
		r.Header.Set("Idempotency-Key", key)
		return id(p.send(r).is(http.StatusOK).object())
	}
	first := post(alice, "k")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if again := post(alice, "k"); again != first {
				t.Errorf("another post: %s, not %s", again, first)
			}
		})
	}
	all.Wait()
	if post(alice, "other") == first || post(bob, "k") == first {
		t.Error("another key, or another person's, is another post")
	}
	c.mount() // another process, with nothing in its memory
	c.http.Config.Handler = c.mux
	if again := post(alice, "k"); again != first {
		t.Errorf("another process makes another post: %s, not %s", again, first)
	}
}

func TestAPrivateAndAMissingStatusAnswerAlike(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	private := id(alice.post("secret", "visibility", "private"))
	for _, call := range [][2]string{{"GET", ""}, {"GET", "/context"}, {"GET", "/source"}, {"GET", "/history"}, {"GET", "/deliveries"}, {"POST", "/favourite"}, {"POST", "/unfavourite"}, {"POST", "/reblog"},
		{"POST", "/unreblog"}, {"GET", "/favourited_by"}, {"GET", "/reblogged_by"}, {"DELETE", ""}, {"PUT", ""}} {
		missing := bob.asks(call[0], "/api/v1/statuses/7"+call[1]).is(http.StatusNotFound)
		noID := bob.asks(call[0], "/api/v1/statuses/x"+call[1]).is(http.StatusNotFound)
		hidden := bob.asks(call[0], "/api/v1/statuses/"+private+call[1]).is(http.StatusNotFound)
		if hidden.body != missing.body || noID.body != missing.body {
			t.Errorf("%v: %s, %s, %s", call, missing.body, hidden.body, noID.body)
		}
	}
}

func TestNobodyEditsOrDeletesWhatOthersWrote(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	path := "/api/v1/statuses/" + id(alice.post("mine"))
	bob.does("GET", path)
	bob.asks("PUT", path, "status", "yours").refused(http.StatusNotFound, "not_found")
	bob.asks("DELETE", path).refused(http.StatusNotFound, "not_found")
	if got := alice.does("GET", path).object()["content"]; !strings.Contains(got.(string), "mine") {
		t.Errorf("content: %v", got)
	}
}

func TestMentionsNameKnownPeople(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob := c.hire("alice"), c.hire("bob")
	s := alice.post("hello @bob and @nobody", "visibility", "direct")
	mentions := s["mentions"].([]any)
	if len(mentions) != 1 || dig(mentions[0], "id") != bob.Key.String() || dig(mentions[0], "acct") != "bob" || dig(mentions[0], "url") != house.URL+"/@bob" {
		t.Errorf("mentions: %v", mentions)
	}
	bob.does("GET", "/api/v1/statuses/"+id(s))
	c.hire("carol").asks("GET", "/api/v1/statuses/"+id(s)).is(http.StatusNotFound)
}

func TestAContextIsTheWayUpAndTheAnswersBelow(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bob, carol := c.hire("alice"), c.hire("bob"), c.hire("carol")
	top := alice.post("top")
	mid := bob.post("mid", "in_reply_to_id", id(top))
	low1 := alice.post("low1", "in_reply_to_id", id(mid))
	alice.post("aside", "in_reply_to_id", id(top))
	low2 := bob.post("low2", "in_reply_to_id", id(mid))
	deep := carol.post("deep", "in_reply_to_id", id(low1))
	alice.post("for bob only @bob", "in_reply_to_id", id(mid), "visibility", "direct")

	got := carol.does("GET", "/api/v1/statuses/"+id(mid)+"/context").object()
	ids := func(key string) (all []string) {
		for _, s := range got[key].([]any) {
			all = append(all, dig(s, "id").(string))
		}
		return all
	}
	if up := ids("ancestors"); len(up) != 1 || up[0] != id(top) {
		t.Errorf("ancestors: %v", up)
	}
	if down := strings.Join(ids("descendants"), " "); down != id(low1)+" "+id(deep)+" "+id(low2) {
		t.Errorf("descendants: %v", down)
	}
	if s := carol.does("GET", "/api/v1/statuses/"+id(mid)).object(); s["replies_count"] != 2.0 { // what is for bob only is not counted for her
		t.Errorf("replies: %v", s["replies_count"])
	}
}

func TestForeignHTMLIsSanitisedAgainWhenItIsShown(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, bea := c.hire("alice"), c.stranger("bea", "globex.example")
	n := c.arrives(bea, "evil", activity.Audience{To: activity.IDs{activity.Public}}, func(n *store.Note) {
		n.Content = `<p onclick="x()">hi<script>steal()</script></p>`
		n.Name = "<b>title</b>"
		n.Attachment = activity.List[activity.Attachment]{{Type: "Image", MediaType: "image/png", URL: activity.IDs{"https://globex.example/a.png"}, Name: "a cat"},
			{Type: "Document", URL: activity.IDs{"javascript:x()"}}}
	})
	s := alice.does("GET", "/api/v1/statuses/"+n.Key.String()).object()
	if regexp.MustCompile(`onclick|script|<b>`).MatchString(s["content"].(string)) {
		t.Errorf("content: %s", s["content"])
	}
	files := s["media_attachments"].([]any)
	if len(files) != 1 || dig(files[0], "type") != "image" || dig(files[0], "description") != "a cat" {
		t.Errorf("files: %v", files)
	}
	if dig(s, "account", "acct") != "bea@globex.example" || s["uri"] != "https://globex.example/notes/evil" {
		t.Errorf("account: %v, uri: %v", dig(s, "account", "acct"), s["uri"])
	}
}
