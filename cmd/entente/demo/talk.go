package demo

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// account and status are what the demo reads of the API's entities.
type account struct {
	ID   string `json:"id"`
	Acct string `json:"acct"`
	URI  string `json:"uri"`
}

type status struct {
	ID              string  `json:"id"`
	URI             string  `json:"uri"`
	Content         string  `json:"content"`
	Account         account `json:"account"`
	FavouritesCount int     `json:"favourites_count"`
	ReblogsCount    int     `json:"reblogs_count"`
}

// talk are the steps between two people.
func (p *play) talk() []step {
	home := "/api/v1/timelines/home"
	return []step{
		{says: "bea follows alice", whom: p.acme, undo: p.unfollow,
			do:   func(ctx context.Context) error { return p.bea.act(ctx, p.alice, "follow") },
			seen: func(ctx context.Context) (bool, error) { return p.alice.lists(ctx, "followers", p.bea) },
			then: func(ctx context.Context) (bool, error) { return p.bea.lists(ctx, "following", p.alice) }},
		{says: "alice posts", whom: p.globex, isPost: true,
			do: func(ctx context.Context) error {
				return p.alice.write(ctx, &p.post, "The prototype is ready for you, *Globex*.", nil)
			},
			seen: func(ctx context.Context) (bool, error) { return p.bea.hasIn(ctx, home, p.post) }},
		{says: "bea replies", whom: p.acme, isPost: true, do: p.answer, seen: p.answered},
		{says: "bea likes", whom: p.acme,
			do:   func(ctx context.Context) error { return p.bea.on(ctx, p.post, "favourite") },
			seen: p.alicesPost(func(s status) bool { return s.FavouritesCount == 1 })},
		{says: "bea boosts", whom: p.acme,
			do:   func(ctx context.Context) error { return p.bea.on(ctx, p.post, "reblog") },
			seen: p.alicesPost(func(s status) bool { return s.ReblogsCount == 1 })},
		{says: "alice edits", whom: p.globex, do: p.edit,
			seen: func(ctx context.Context) (bool, error) {
				s, err := p.bea.sees(ctx, p.post)
				return strings.Contains(s.Content, "tested"), err
			}},
		{says: "alice deletes", whom: p.globex,
			do:   func(ctx context.Context) error { return p.alice.call(ctx, http.MethodDelete, p.post.path(), nil, nil) },
			seen: not(func(ctx context.Context) (bool, error) { return p.bea.hasIn(ctx, home, p.post) })},
		{says: "alice posts again", whom: p.globex, isPost: true,
			do: func(ctx context.Context) error {
				return p.alice.write(ctx, &p.again, "Good morning from Acme, it is "+time.Now().Format("15:04:05")+".", nil)
			},
			seen: func(ctx context.Context) (bool, error) { return p.bea.hasIn(ctx, home, p.again) }},
	}
}

// path is where the API has a status, on the instance that showed it.
func (s status) path() string { return "/api/v1/statuses/" + s.ID }

func not(so func(context.Context) (bool, error)) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		is, err := so(ctx)
		return !is && err == nil, err
	}
}

// unfollow takes back the follow of an earlier run, and waits until it is gone
// at the other company.
func (p *play) unfollow(ctx context.Context) error {
	if err := p.bea.act(ctx, p.alice, "unfollow"); err != nil {
		return err
	}
	return until(ctx, not(func(ctx context.Context) (bool, error) { return p.alice.lists(ctx, "followers", p.bea) }))
}

// answer replies as bea, to the post as her own instance knows it.
func (p *play) answer(ctx context.Context) error {
	here, err := p.bea.sees(ctx, p.post)
	if err != nil {
		return err
	}
	return p.bea.write(ctx, &p.reply, "Thank you, we will try it at once.", url.Values{"in_reply_to_id": {here.ID}})
}

// answered looks for the reply below alice's post.
func (p *play) answered(ctx context.Context) (bool, error) {
	var thread struct{ Descendants []status }
	err := p.alice.get(ctx, p.post.path()+"/context", nil, &thread)
	return holds(thread.Descendants, p.reply), err
}

func (p *play) edit(ctx context.Context) error {
	return p.alice.call(ctx, http.MethodPut, p.post.path(), url.Values{"status": {"The prototype is ready, and tested."}}, nil)
}

// alicesPost asks alice's instance whether it is so with her post.
func (p *play) alicesPost(so func(status) bool) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		var s status
		err := p.alice.get(ctx, p.post.path(), nil, &s)
		return so(s), err
	}
}

// write posts a text and keeps what came of it in s.
func (a *person) write(ctx context.Context, s *status, text string, more url.Values) error {
	form := url.Values{"status": {text}, "visibility": {"public"}}
	for name, values := range more {
		form[name] = values
	}
	return a.call(ctx, http.MethodPost, "/api/v1/statuses", form, s)
}

// finds looks somebody or something up by handle, and fetches it if need be.
func (a *person) finds(ctx context.Context, handle string) (account, error) {
	var found struct{ Accounts []account }
	err := a.get(ctx, "/api/v2/search", url.Values{"q": {"@" + handle}, "type": {"accounts"}, "resolve": {"true"}}, &found)
	if err != nil || len(found.Accounts) == 0 {
		return account{}, err
	}
	return found.Accounts[0], nil
}

// act does something to another person: follow, unfollow.
func (a *person) act(ctx context.Context, other *person, verb string) error {
	them, err := a.finds(ctx, other.handle())
	if err != nil {
		return err
	}
	return a.call(ctx, http.MethodPost, "/api/v1/accounts/"+them.ID+"/"+verb, url.Values{}, nil)
}

// lists says whether one of a's own lists (followers, following) has other.
func (a *person) lists(ctx context.Context, which string, other *person) (bool, error) {
	var them []account
	err := a.get(ctx, "/api/v1/accounts/"+a.id+"/"+which, nil, &them)
	return slices.ContainsFunc(them, func(t account) bool { return t.Acct == other.handle() }), err
}

// sees is a status as this person's instance shows it, found on the timeline.
func (a *person) sees(ctx context.Context, s status) (status, error) {
	var all []status
	err := a.get(ctx, "/api/v1/timelines/home", nil, &all)
	at := slices.IndexFunc(all, func(one status) bool { return one.URI == s.URI })
	if err != nil || at < 0 {
		return status{}, err
	}
	return all[at], nil
}

// on does something with a status: favourite, reblog.
func (a *person) on(ctx context.Context, s status, verb string) error {
	here, err := a.sees(ctx, s)
	if err != nil {
		return err
	}
	return a.call(ctx, http.MethodPost, here.path()+"/"+verb, url.Values{}, nil)
}

// hasIn says whether a timeline holds a status.
func (a *person) hasIn(ctx context.Context, timeline string, s status) (bool, error) {
	var all []status
	err := a.get(ctx, timeline, nil, &all)
	return holds(all, s), err
}

func holds(all []status, s status) bool {
	return slices.ContainsFunc(all, func(one status) bool { return one.URI == s.URI })
}
