package mastodon_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente.example/entente/store"
)

// departed is somebody who was in a shut group, with what they had there.
type departed struct {
	*person
	alice *person // its owner
	group string
	topic string
	own   []string // posts of theirs in it: the beginning of a discussion, a poll, an answer
	hers  string   // a post of alice's that they have liked, reacted to and answered
	at    string

	access  string
	streams []*listener // opened while they were in it
}

func (c *company) departs(access, way string) departed {
	c.t.Helper()
	alice, bob := c.hire("alice"), c.hire("bob")
	d := departed{person: bob, alice: alice, access: access}
	d.group = id(alice.does("POST", "/api/entente/v1/groups", "display_name", "Board", "access", access).object())
	d.at = "/api/entente/v1/groups/" + d.group
	alice.does("PUT", d.at+"/invitations/"+bob.Key.String())
	bob.does("POST", d.at+"/join")
	d.topic = id(alice.does("POST", d.at+"/topics", "name", "Plans").list()[0])
	d.hers = id(alice.post("her own", "group_id", d.group))
	picture := id(bob.uploads(pngOf(3, 2), "x", "image/png").is(http.StatusOK).object())
	d.own = []string{
		id(bob.post("his discussion #board", "group_id", d.group, "topic", d.topic, "media_ids[]", picture)),
		id(bob.post("his poll", "group_id", d.group, "poll[options][]", "one", "poll[options][]", "two", "poll[expires_in]", "3600")),
		id(bob.post("his answer", "in_reply_to_id", d.hers)),
	}
	bob.does("POST", "/api/v1/statuses/"+d.hers+"/favourite")
	bob.does("PUT", "/api/v1/pleroma/statuses/"+d.hers+"/reactions/🔥")
	for _, n := range d.own {
		alice.does("POST", "/api/v1/statuses/"+n+"/favourite")
	}
	alice.post("her answer", "in_reply_to_id", d.own[0])
	for _, s := range []string{"user", "public", "public/local"} {
		d.streams = append(d.streams, bob.listens(s))
	}
	switch who := bob.Key.String(); way {
	case "left":
		bob.does("POST", d.at+"/leave")
	case "removed":
		alice.does("DELETE", d.at+"/members/"+who)
	case "banned":
		alice.does("PUT", d.at+"/bans/"+who)
	}
	return d
}

// goesOn is what happens in the group without them.
func (d departed) goesOn() {
	d.t.Helper()
	carol := d.hire("carol")
	d.alice.does("PUT", d.at+"/invitations/"+carol.Key.String())
	carol.does("POST", d.at+"/join")
	d.alice.does("PUT", d.at+"/topics/"+d.topic, "name", "Layoffs")
	moved := id(d.alice.does("POST", d.at+"/topics", "name", "Takeover").list()[1])
	for _, n := range d.own {
		carol.does("POST", "/api/v1/statuses/"+n+"/favourite")
		carol.does("PUT", "/api/v1/pleroma/statuses/"+n+"/reactions/🔥")
		carol.post("a later answer, @bob", "in_reply_to_id", n)
	}
	poll := dig(carol.does("GET", "/api/v1/statuses/"+d.own[1]).object(), "poll", "id").(string)
	carol.does("POST", "/api/v1/polls/"+poll+"/votes", "choices[]", "0")
	d.alice.does("PUT", d.at+"/posts/"+d.own[1]+"/topic", "topic", moved)
	d.alice.does("PUT", d.at+"/pins/"+d.own[0])
	d.alice.does("PUT", d.at+"/locks/"+d.own[1])
	d.alice.does("PUT", d.at+"/answers/"+d.own[2])
	d.alice.does("PUT", "/api/v1/statuses/"+d.hers, "status", "her own has changed")
	d.alice.post("a later post, @bob #board", "group_id", d.group)
	if d.access == "secret" { // people of the company see name and purpose of a closed one
		d.alice.does("PATCH", d.at, "display_name", "Secret board", "note", "what it is for now")
	}
}

// sees are all the answers that somebody gets about these ids and themselves.
func (d departed) sees(ids ...string) map[string]string {
	d.t.Helper()
	seen := map[string]string{}
	for _, r := range d.api.Table() {
		method, path := lineTo(r, "{id}")
		if method != http.MethodGet || strings.Contains(path, "/streaming") || strings.Contains(path, "/instance") {
			continue
		}
		if !strings.Contains(path, "{id}") {
			for _, q := range []string{"", "?q=board", "?q=his", "?q=%23board", "?q=her", "?min_id=0"} {
				seen[path+q] = body(d.asks(method, path+q))
			}
			continue
		}
		for _, of := range ids {
			at := strings.ReplaceAll(path, "{id}", of)
			seen[at] = body(d.asks(method, at))
			if strings.Contains(path, "/timelines/group/") {
				seen[at+" topic"] = body(d.asks(method, at+"?topic="+d.topic))
			}
		}
	}
	return seen
}

// until are the events of a stream before somebody's own post of this text.
func (l *listener) until(text string) (before []event) {
	l.t.Helper()
	for {
		select {
		case e, open := <-l.events:
			if !open || strings.Contains(e.data, text) {
				return before
			}
			before = append(before, e)
		case <-time.After(2 * time.Minute):
			l.t.Fatalf("the stream never says %q", text)
		}
	}
}

// body is what an answer says, without what is different each time.
func body(a answer) string {
	return fleeting.ReplaceAllString(a.body, "")
}

var fleeting = regexp.MustCompile(`"request_id":"[^"]*"`)

func TestWhoHasLeftAShutGroupSeesNothingOfWhatHappensInItLater(t *testing.T) {
	t.Parallel()
	for access, ways := range map[string][]string{"closed": {"left", "banned"}, "secret": {"left", "removed"}} {
		for _, way := range ways {
			t.Run(access+", "+way, func(t *testing.T) {
				t.Parallel()
				d := streaming(t).departs(access, way)
				ids := append([]string{d.hers, d.Key.String(), d.alice.Key.String()}, d.own...)
				ids = append(ids, d.group)
				d.post("so long")
				before := d.sees(ids...)
				for _, l := range d.streams {
					l.until("so long")
				}
				d.goesOn()
				after := d.sees(ids...)
				d.post("that is all")
				for _, l := range d.streams {
					for _, e := range l.until("that is all") {
						t.Errorf("a stream says %s: %.300s", e.name, e.data)
					}
				}
				for path, now := range after {
					if was := before[path]; now != was {
						at := 0
						for at < len(was) && at < len(now) && was[at] == now[at] {
							at++
						}
						from := max(0, at-150)
						t.Errorf("GET %s was\n%.400s\nand is\n%.400s", path, was[from:], now[from:])
					}
				}
				d.asks("PUT", "/api/v1/statuses/"+d.own[0], "status", "changed from outside").refused(http.StatusForbidden, "not_a_member")
				poll, err := strconv.ParseInt(d.own[1], 10, 64)
				if err == nil {
					err = d.engine.Tally(t.Context(), store.Tally{Poll: store.Key(poll)})
				}
				if err != nil {
					t.Errorf("their poll is counted no more: %v", err)
				}
				own := d.does("GET", "/api/v1/statuses/"+d.own[0]).object()
				if !strings.Contains(own["content"].(string), "his discussion") || len(own["media_attachments"].([]any)) != 1 {
					t.Errorf("their own words are not there: %v", own)
				}
			})
		}
	}
}
