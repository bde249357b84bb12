package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	random "math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
)

// stranger is a partner that the test plays: mallory posts, answers, likes, edits and
// deletes as others do, and keeps account of what was taken and what was heard.
type stranger struct {
	*outsider
	ledger    *ledger
	companies []*company
	random    *random.Rand
	known     sync.Map // what mallory shows, by path
}

func newStranger(t *testing.T, l *ledger, companies ...*company) *stranger {
	t.Helper()
	s := &stranger{ledger: l, companies: companies}
	s.outsider = newOutsiderWho(t, s.hears, func(path string) (any, bool) { return s.known.Load(path) })
	return s
}

// mallory as one whom our people know.
func (s *stranger) mallory() *person {
	return &person{at: &company{host: s.host}, name: "mallory"}
}

func (s *stranger) handle() string { return "mallory@" + s.host }

// saying is an activity that was heard.
type saying struct {
	ID     string          `json:"id"`
	Type   string          `json:"type"`
	Actor  string          `json:"actor"`
	Object json.RawMessage `json:"object"`
}

// about is the id of its object, and the text in it.
func (s saying) about() (id, text string) {
	var whole struct{ ID, Content string }
	if json.Unmarshal(s.Object, &id) == nil || json.Unmarshal(s.Object, &whole) != nil {
		return id, ""
	}
	return whole.ID, status{Content: whole.Content}.text()
}

func (s *stranger) hears(said string) {
	var a saying
	if json.Unmarshal([]byte(said), &a) != nil {
		s.ledger.surprise("this was delivered: %s", said)
		return
	}
	object, text := a.about()
	s.ledger.hear(hearing{a.ID, a.Type, a.Actor, object, text, time.Now()})
	if a.Type == "Follow" {
		go s.accepts(json.RawMessage(said), a.Actor)
	}
}

// accepts takes a follower, as soon as their company has answered.
func (s *stranger) accepts(follow json.RawMessage, by string) {
	for _, c := range s.companies {
		if strings.HasPrefix(by, c.url()+"/") {
			_, _ = s.tells(context.Background(), c, nil, s.says("Accept", follow))
		}
	}
}

// isFollowed makes p follow mallory.
func (s *stranger) isFollowed(t *testing.T, p *person) {
	t.Helper()
	var found struct{ Accounts []account }
	must(t, p.get(t.Context(), "/api/v2/search?"+url.Values{"q": {string(s.id("/mallory"))}, "resolve": {"true"}}.Encode(), &found))
	if len(found.Accounts) != 1 {
		t.Fatalf("%s does not find mallory", p.name)
	}
	must(t, p.post(t.Context(), "/api/v1/accounts/"+found.Accounts[0].ID+"/follow", nil, nil))
	soon(t, patience, func() error {
		var ties []struct{ Following bool }
		err := p.get(t.Context(), "/api/v1/accounts/relationships?id[]="+found.Accounts[0].ID, &ties)
		if err == nil && (len(ties) != 1 || !ties[0].Following) {
			err = errors.New("mallory's Accept is not there")
		}
		return err
	})
}

// says makes an activity of mallory's.
func (s *stranger) says(kind string, object any) map[string]any {
	return map[string]any{"@context": activity.Context, "type": kind, "id": s.id("/" + strings.ToLower(rand.Text())),
		"actor": s.id("/mallory"), "object": object, "to": activity.Public}
}

// note is one of mallory's in a version, as it is shown and delivered.
func (s *stranger) note(p *post, version int) map[string]any {
	n := map[string]any{"@context": activity.Context, "type": "Note", "id": p.uri, "attributedTo": s.id("/mallory"), "to": activity.Public,
		"content": "<p>" + p.text(version) + "</p>", "published": p.born.Format(time.RFC3339Nano)}
	if p.answers != nil {
		n["inReplyTo"] = p.answers.uri
	}
	if version > 1 {
		n["updated"] = time.Now().UTC().Format(time.RFC3339Nano)
	}
	return n
}

// tells delivers an activity to a company until it is taken, as other servers do: it
// is the same activity each time.
func (s *stranger) tells(ctx context.Context, c *company, luck *random.Rand, what map[string]any) (truth, error) {
	body, err := json.Marshal(what)
	if err != nil {
		return not, err
	}
	return insist(ctx, luck, s.ledger, func(ctx context.Context, _ bool) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url()+"/inbox", bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/activity+json")
		if err := httpsign.Sign(r, body, s.signer, time.Now()); err != nil {
			return err
		}
		resp, err := loopback.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		said, err := io.ReadAll(resp.Body)
		if err == nil && resp.StatusCode != http.StatusAccepted {
			err = &refusal{Status: resp.StatusCode, Say: string(said)}
		}
		return err
	})
}

// tellsAll delivers to every company at once, and notes what came of it.
func (s *stranger) tellsAll(ctx context.Context, luck *random.Rand, what map[string]any, came func(*company, truth)) {
	var all sync.WaitGroup
	for _, c := range s.companies {
		var own *random.Rand // it is not for several at once
		if luck != nil {
			own = random.New(random.NewPCG(luck.Uint64(), 0))
		}
		all.Go(func() {
			known, err := s.tells(ctx, c, own, what)
			if err != nil {
				s.ledger.surprise("%s refuses a %v of mallory: %v", c.name, what["type"], err)
				return
			}
			s.ledger.note(func() { came(c, known) })
		})
	}
	all.Wait()
}

// act is one deed of mallory's, of any kind.
func (s *stranger) act(ctx context.Context) {
	mine := s.ledger.by(s.handle())
	switch dice := s.random.IntN(100); {
	case dice < 40 || len(mine) == 0:
		s.writes(ctx, s.random, nil)
	case dice < 75:
		if p := s.ledger.lastHeard(s.random); p != nil && dice < 55 {
			s.writes(ctx, s.random, p)
		} else if p != nil {
			s.likes(ctx, p)
		}
	case dice < 90:
		s.edits(ctx, mine[s.random.IntN(len(mine))])
	default:
		s.deletes(ctx, mine[s.random.IntN(len(mine))])
	}
}

// writes posts something new; luck is for insist.
func (s *stranger) writes(ctx context.Context, luck *random.Rand, answers *post) {
	each := map[*company]*fate{}
	for _, c := range s.companies {
		each[c] = &fate{made: perhaps, low: 1, high: 1}
	}
	p := s.ledger.open(post{author: s.handle(), answers: answers, each: each, fixed: luck == nil, born: time.Now().UTC()})
	path := fmt.Sprintf("/notes/%d", p.number)
	s.ledger.note(func() { p.uri = string(s.id(path)) })
	note := s.note(p, 1)
	s.known.Store(path, note)
	s.tellsAll(ctx, luck, s.says("Create", note), func(c *company, known truth) { each[c].made, each[c].since = known, time.Now() })
}

// likes tells only the company of what is liked.
func (s *stranger) likes(ctx context.Context, p *post) {
	was := not
	s.ledger.note(func() { was, p.likes[s.handle()] = p.likes[s.handle()], max(perhaps, p.likes[s.handle()]) })
	if was != not {
		return // one like is enough
	}
	known, err := s.tells(ctx, p.home, s.random, s.says("Like", p.uri))
	if err != nil {
		s.ledger.surprise("%s refuses a Like of mallory: %v", p.home.name, err)
	}
	s.ledger.note(func() { p.likes[s.handle()] = max(perhaps, known) })
}

func (s *stranger) edits(ctx context.Context, p *post) {
	version := 0
	s.ledger.note(func() {
		for _, f := range p.each {
			f.high++
			version = f.high
		}
	})
	note := s.note(p, version)
	s.known.Store(fmt.Sprintf("/notes/%d", p.number), note)
	s.tellsAll(ctx, s.random, s.says("Update", note), func(c *company, known truth) {
		if known == surely {
			p.each[c].low = version
		}
	})
}

func (s *stranger) deletes(ctx context.Context, p *post) {
	s.ledger.note(func() {
		for _, f := range p.each {
			f.gone = perhaps
		}
	})
	stone := map[string]any{"type": "Tombstone", "id": p.uri}
	s.known.Store(fmt.Sprintf("/notes/%d", p.number), stone)
	s.tellsAll(ctx, s.random, s.says("Delete", stone), func(c *company, known truth) { p.each[c].gone = known })
}
