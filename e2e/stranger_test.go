package e2e

import (
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestAStrangerSeesTheSameWhateverExists(t *testing.T) {
	t.Parallel()
	acme, _ := sharedPair(t)
	o, zoe := newOutsider(t), acme.hire(t, "zoe")
	for _, p := range placesOf(t, o, zoe) {
		for who, look := range map[string]func(*http.Request) seen{
			"unsigned":             func(r *http.Request) seen { return see(t, r) },
			"signed by no partner": func(r *http.Request) seen { return o.send(t, r, nil) },
		} {
			there, missing := acme.asks(t, p, p.name, look), acme.asks(t, p, other(p.name), look)
			if there.status == http.StatusOK || !reflect.DeepEqual(there, missing) {
				t.Errorf("%s, %s: what is there is told from what is not:\n%+v\n%+v", p.path, who, there, missing)
			}
		}
	}
}

// place is where something is, by its name or number.
type place struct{ accept, path, name string }

// placesOf are those of p, of something that p has written and done, and of a group
// that p has opened.
func placesOf(t *testing.T, o *outsider, p *person) (all []place) {
	t.Helper()
	post, err := p.write(t.Context(), "something to find")
	must(t, err)
	self, err := p.self(t.Context())
	must(t, err)
	var group struct{ ID, Username string }
	must(t, p.post(t.Context(), "/api/v1/groups", url.Values{"display_name": {"Project Zeta"}}, &group))
	add := func(accept, name string, paths ...string) {
		for _, path := range paths {
			all = append(all, place{accept, path, name})
		}
	}
	const page, document, entity = "text/html", "application/activity+json", "application/json"
	add(page, p.name, "/@NAME", "/users/NAME")
	add(page, group.Username, "/@NAME", "/@NAME/members", "/groups/NAME")
	add(page, post.ID, "/@"+p.name+"/NAME", "/@"+p.name+"/NAME/edit", "/notes/NAME")
	add(document, p.name, "/users/NAME", "/users/NAME/outbox", "/users/NAME/followers", "/users/NAME/following?page=1", "/users/NAME/featured")
	add(document, group.Username, "/groups/NAME", "/groups/NAME/followers", "/groups/NAME/moderators")
	add(document, post.ID, "/notes/NAME", "/notes/NAME/replies")
	add(document, p.at.anActivity(t, o, p), "/activities/NAME")
	add(entity, post.ID, "/api/v1/statuses/NAME", "/api/v1/statuses/NAME/context")
	add(entity, self.ID, "/api/v1/accounts/NAME")
	add(entity, group.ID, "/api/v1/groups/NAME")
	add(entity, p.name, "/api/v1/accounts/lookup?acct=NAME")
	return all
}

func TestAStrangersDeliveryIsAnsweredTheSameWhoeverExists(t *testing.T) {
	t.Parallel()
	acme, _ := sharedPair(t)
	o := newOutsider(t)
	zack := acme.hire(t, "zack")
	zoot := &person{at: acme, name: "zoot"}
	if there, missing := o.follows(t, zack), o.follows(t, zoot); there != http.StatusForbidden || missing != there {
		t.Errorf("a delivery that is signed by no partner is answered %d and %d", there, missing)
	}
	for _, body := range []string{"", "{}", `{"id":"http://a.example/1","type":"Follow","actor":"http://a.example/a","object":"http://a.example/b"}`} {
		var answers []seen
		for _, name := range []string{zack.name, zoot.name} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, acme.url()+"/users/"+name+"/inbox", strings.NewReader(body))
			must(t, err)
			r.Header.Set("Content-Type", "application/activity+json")
			answers = append(answers, see(t, r))
		}
		if answers[0].status != http.StatusUnauthorized || !reflect.DeepEqual(answers[0], answers[1]) {
			t.Errorf("an unsigned delivery of %q is answered %+v and %+v", body, answers[0], answers[1])
		}
	}
}

// asks is what comes back from a place for this name, with NAME wherever the answer
// repeats it. The cookie makes the browser a known one: otherwise each answer has
// a new secret in it.
func (c *company) asks(t *testing.T, p place, name string, look func(*http.Request) seen) seen {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url()+strings.ReplaceAll(p.path, "NAME", name), nil)
	must(t, err)
	r.Header.Set("Accept", p.accept)
	r.AddCookie(&http.Cookie{Name: "entente_visitor", Value: "the-same-browser-all-the-time"})
	s := look(r)
	s.body = strings.ReplaceAll(s.body, name, "NAME")
	for _, values := range s.header {
		for i, v := range values {
			values[i] = strings.ReplaceAll(v, name, "NAME")
		}
	}
	return s
}

// other is a name or number as long as this one, that nobody has.
func other(name string) string {
	last := name[len(name)-1]
	if last == 'x' || last == '7' {
		last++
	} else if last >= '0' && last <= '9' {
		last = '7'
	} else {
		last = 'x'
	}
	return name[:len(name)-1] + string(last)
}

// anActivity is the number of one that p has done, which only partners get to
// know: o is one for a moment, and p's instance accepts its Follow.
func (c *company) anActivity(t *testing.T, o *outsider, p *person) string {
	t.Helper()
	c.does(t, "partner", "allow", o.host, "--let", "all")
	defer c.does(t, "partner", "remove", o.host)
	if status := o.follows(t, p); status != http.StatusAccepted {
		t.Fatalf("a partner's Follow is answered %d", status)
	}
	select {
	case answer := <-o.heard:
		found := regexp.MustCompile(`/activities/(\d+)"`).FindStringSubmatch(answer)
		if found == nil {
			t.Fatalf("no activity of ours in %s", answer)
		}
		return found[1]
	case <-time.After(patience):
		t.Fatal("the Follow is not answered")
	}
	return ""
}
