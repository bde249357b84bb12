package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestFedify is a company that works together with people on other software,
// from the first look to the last good-bye: real Entente, real Fedify, each
// behind TLS, each with its own view of what a good signature is.
func TestFedify(t *testing.T) {
	needForeign(t)
	t.Parallel()
	a := newAcquaintance(t)
	for _, part := range []struct {
		name string
		do   func(*testing.T)
	}{
		{"nobody is shown anything before they are partners", a.strangers},
		{"each finds the other by name", a.lookup},
		{"each follows the other and is accepted", a.follow},
		{"what one posts, the other reads", a.post},
		{"each answers the other", a.reply},
		{"each likes what the other says, and takes it back", a.like},
		{"each boosts what the other says, and takes it back", a.boost},
		{"an edit arrives on the other side", a.edit},
		{"Fedify knocks with RFC 9421, is let in, and is answered in it", a.knock},
		{"each proves who wrote what", a.prove},
		{"what a third party passes on is believed by its proof", a.forward},
		{"alice and her company have new keys, and nothing is lost", a.rotateOurs},
		{"fritz has new keys, and nothing is lost", a.rotateTheirs},
		{"what is deleted is gone on the other side", a.remove},
		{"each follows the other no more", a.unfollow},
		{"who is no partner any more is shut out", a.part},
	} {
		if !t.Run(part.name, part.do) {
			t.FailNow() // the rest of the story needs it
		}
	}
}

// acquaintance are alice at Acme, and fritz on a Fedify server.
type acquaintance struct {
	acme   *company
	alice  *person
	fedify *peer
	fritz  *person // as Acme sees him
	other  *peer   // another server, with sven

	followed     string // the id of fritz's Follow
	ours, theirs string // ids of the posts that it is all about
	here         status // theirs, at Acme
}

func newAcquaintance(t *testing.T) *acquaintance {
	t.Helper()
	a := &acquaintance{acme: newFronted(t, "acme"), fedify: newPeer(t, "fedify"), other: newPeer(t, "other")}
	a.fritz = &person{name: "fritz", at: &company{host: a.fedify.host}}
	must(t, a.fedify.ask(t.Context(), "hire", what{"as": "fritz"}, nil))
	must(t, a.other.ask(t.Context(), "hire", what{"as": "sven"}, nil))
	must(t, a.acme.start(t.Context()))
	t.Cleanup(func() { must(t, a.acme.stop()) })
	a.acme.explain(t)
	a.acme.does(t, "partner", "allow", a.fedify.host, "--let", "all")
	a.alice = a.acme.hire(t, "alice")
	return a
}

// me is alice's id, and you is fritz's.
func (a *acquaintance) me() string  { return a.acme.url() + "/users/alice" }
func (a *acquaintance) you() string { return a.fedify.id("fritz") }

// does is a deed of fritz.
func (a *acquaintance) does(t *testing.T, deed string, about what) string {
	t.Helper()
	about["as"] = "fritz"
	return a.fedify.does(t, deed, about)
}

// their is their actor or post at Acme.
func (a *acquaintance) their(ctx context.Context) (account, error) {
	return a.alice.finds(ctx, a.fritz)
}

// shows waits until a post at Acme is as it should be.
func (a *acquaintance) shows(t *testing.T, uri string, so func(status) bool) (found status) {
	t.Helper()
	soon(t, patience, func() error {
		home, err := a.alice.home(t.Context())
		at := slices.IndexFunc(home, func(s status) bool { return s.URI == uri })
		if err != nil || at < 0 {
			return errors.Join(fmt.Errorf("alice does not see %s", uri), err)
		}
		if found = home[at]; !so(found) {
			return fmt.Errorf("alice sees %+v", found)
		}
		return nil
	})
	return found
}

func says(text string) func(status) bool { return func(s status) bool { return s.text() == text } }

// strangers is what a server sees that is no partner. It is not Fedify's, which
// would remember how it was turned away.
func (a *acquaintance) strangers(t *testing.T) {
	a.sees(t, a.other, "", http.StatusForbidden)
	them := &person{name: "sven", at: &company{host: a.other.host}}
	if _, err := a.alice.finds(t.Context(), them); err == nil {
		t.Error("alice sees somebody who is at no partner")
	}
	a.acme.does(t, "partner", "allow", a.other.host, "--let", "all")
	a.sees(t, a.other, a.me(), http.StatusOK)

	must(t, a.other.ask(t.Context(), "look", what{"what": a.me(), "unsigned": true}, nil))
	if len(a.acme.front.knocks(from(""), asked("/users/alice"), answered(http.StatusUnauthorized))) == 0 {
		t.Error("no request without a signature was refused")
	}
}

// sees expects what a server finds when it looks for alice, and how it is answered.
func (a *acquaintance) sees(t *testing.T, p *peer, want string, status int) {
	t.Helper()
	before := len(a.acme.front.knocks(from(p.host), answered(status)))
	if found, err := p.sees(t.Context(), a.me()); err != nil || found.ID != want {
		t.Errorf("%s sees %v, want %q: %v", p.host, found, want, err)
	}
	if after := len(a.acme.front.knocks(from(p.host), answered(status))); after == before {
		t.Errorf("no request of %s was answered %d", p.host, status)
	}
}

func (a *acquaintance) lookup(t *testing.T) {
	found, err := a.fedify.sees(t.Context(), "@"+a.alice.handle())
	must(t, err)
	if found.ID != a.me() || found.Type != "Person" {
		t.Errorf("fritz finds %+v, want %s", found, a.me())
	}
	them, err := a.their(t.Context())
	must(t, err)
	if them.Acct != a.fritz.handle() {
		t.Errorf("alice finds %s", them.Acct)
	}
}

func (a *acquaintance) follow(t *testing.T) {
	them, err := a.their(t.Context())
	must(t, err)
	must(t, a.alice.post(t.Context(), "/api/v1/accounts/"+them.ID+"/follow", nil, nil))
	soon(t, patience, func() error {
		var ties []struct{ Following bool }
		err := a.alice.get(t.Context(), "/api/v1/accounts/relationships?id[]="+them.ID, &ties)
		if err == nil && (len(ties) != 1 || !ties[0].Following) {
			err = errors.New("fritz has not accepted")
		}
		return err
	})
	a.fedify.hears(t, "Follow", a.you())

	a.followed = a.does(t, "follow", what{"whom": a.me()})
	soon(t, patience, func() error { return a.alice.isFollowedBy(t.Context(), a.fritz) })
	a.fedify.hears(t, "Accept", a.followed)
}

func (a *acquaintance) post(t *testing.T) {
	a.theirs = a.does(t, "post", what{"text": "Hello from Fedify."})
	a.here = a.shows(t, a.theirs, says("Hello from Fedify."))

	written, err := a.alice.write(t.Context(), "Hello from Acme.")
	must(t, err)
	a.ours = written.URI
	a.fedify.hears(t, "Create", a.ours)
	if found, err := a.fedify.sees(t.Context(), a.ours); err != nil || found.Type != "Note" {
		t.Errorf("fritz reads %+v %v", found, err)
	}
}

func (a *acquaintance) reply(t *testing.T) {
	answer := a.does(t, "post", what{"text": "An answer.", "to": []string{a.me()}, "inReplyTo": a.ours})
	a.shows(t, answer, func(s status) bool { return says("An answer.")(s) && s.InReplyToID != "" })

	var written status
	must(t, a.alice.post(t.Context(), "/api/v1/statuses", url.Values{
		"status": {"@" + a.fritz.handle() + " Another."}, "in_reply_to_id": {a.here.ID}}, &written))
	if heard := a.fedify.hears(t, "Create", written.URI); !heard.about("Create", a.theirs) {
		t.Errorf("the answer does not say what it answers: %s", heard.Activity.Object)
	}
}

// our is how Acme shows alice's post.
func (a *acquaintance) our(ctx context.Context) (found status, err error) {
	home, err := a.alice.home(ctx)
	at := slices.IndexFunc(home, func(s status) bool { return s.URI == a.ours })
	if err == nil && at < 0 {
		return found, errors.New("alice's post is gone")
	}
	if err != nil {
		return found, err
	}
	return home[at], nil
}

func (a *acquaintance) like(t *testing.T) {
	liked := a.does(t, "like", what{"id": a.ours, "to": a.me()})
	a.shows(t, a.ours, func(s status) bool { return s.FavouritesCount == 1 })
	a.does(t, "undo", what{"id": liked})
	a.shows(t, a.ours, func(s status) bool { return s.FavouritesCount == 0 })

	a.toggle(t, "favourite", "Like")
}

func (a *acquaintance) boost(t *testing.T) {
	boosted := a.does(t, "boost", what{"id": a.ours, "to": a.me()})
	a.shows(t, a.ours, func(s status) bool { return s.ReblogsCount == 1 })
	a.does(t, "undo", what{"id": boosted})
	a.shows(t, a.ours, func(s status) bool { return s.ReblogsCount == 0 })

	a.toggle(t, "reblog", "Announce")
}

// toggle is alice who does something to fritz's post and takes it back.
func (a *acquaintance) toggle(t *testing.T, verb, kind string) {
	t.Helper()
	must(t, a.alice.post(t.Context(), "/api/v1/statuses/"+a.here.ID+"/"+verb, nil, nil))
	did := a.fedify.hears(t, kind, a.theirs)
	must(t, a.alice.post(t.Context(), "/api/v1/statuses/"+a.here.ID+"/un"+verb, nil, nil))
	a.fedify.hears(t, "Undo", did.Activity.ID)
}

func (a *acquaintance) edit(t *testing.T) {
	a.does(t, "edit", what{"id": a.theirs, "text": "Hello again from Fedify."})
	a.shows(t, a.theirs, func(s status) bool { return says("Hello again from Fedify.")(s) && s.EditedAt != "" })

	our, err := a.our(t.Context())
	must(t, err)
	_, err = a.alice.call(t.Context(), http.MethodPut, "/api/v1/statuses/"+our.ID, url.Values{"status": {"Hello again from Acme."}}, nil)
	must(t, err)
	if heard := a.fedify.hears(t, "Update", a.ours); !strings.Contains(string(heard.Activity.Object), "Hello again from Acme.") {
		t.Errorf("the edit says %s", heard.Activity.Object)
	}
}

// knock looks back on all that was said so far, at the doors of both.
func (a *acquaintance) knock(t *testing.T) {
	for _, k := range a.acme.front.knocks(from(a.fedify.host)) {
		if k.dialect != rfc9421 || k.status >= http.StatusBadRequest {
			t.Errorf("Fedify's knock at Acme: %+v", k)
		}
	}
	if len(a.acme.front.knocks(from(a.fedify.host), isDelivery, answered(http.StatusAccepted))) == 0 {
		t.Error("Fedify has delivered nothing")
	}
	must(t, a.alice.post(t.Context(), "/api/v1/statuses/"+a.here.ID+"/favourite", nil, nil))
	soon(t, patience, func() error {
		all := a.fedify.knocks(from(a.acme.host), isDelivery)
		if last := all[len(all)-1]; last.dialect != rfc9421 || last.status != http.StatusAccepted {
			return fmt.Errorf("Acme's knock at Fedify: %+v", last)
		}
		return nil
	})
}

func (a *acquaintance) prove(t *testing.T) {
	if heard := a.tells(t, "I have written this."); heard.Prover != a.me() {
		t.Errorf("Fedify takes the proof for one of %q: %v", heard.Prover, heard.Activity.Proof)
	}
}

// forward is an answer to fritz that comes to Acme through his server alone: its
// proof is all that speaks for it.
func (a *acquaintance) forward(t *testing.T) {
	answer := a.other.does(t, "post", what{"as": "sven", "text": "Passed on.", "to": []string{a.you()}, "inReplyTo": a.theirs})
	soon(t, patience, func() error {
		var thread struct{ Descendants []status }
		err := a.alice.get(t.Context(), "/api/v1/statuses/"+a.here.ID+"/context", &thread)
		if err == nil && !slices.ContainsFunc(thread.Descendants, func(s status) bool { return s.URI == answer && says("Passed on.")(s) }) {
			err = fmt.Errorf("below fritz's post there is only %v", thread.Descendants)
		}
		return err
	})
	note := strings.TrimPrefix(answer, a.other.url())
	if asked := a.other.knocks(from(a.acme.host), asked(note)); len(asked) > 0 {
		t.Errorf("Acme has asked the origin: %+v", asked)
	}
	if direct := a.acme.front.knocks(from(a.other.host), isDelivery); len(direct) > 0 {
		t.Errorf("the origin has delivered it: %+v", direct)
	}
}

// rotateOurs gives alice new keys, of both kinds, and the instance, which fetches.
func (a *acquaintance) rotateOurs(t *testing.T) {
	before := a.tells(t, "With the old key.")
	a.acme.does(t, "member", "rotate-key", "alice")
	a.acme.does(t, "instance", "rotate-key")
	after := a.tells(t, "With a new key.")
	if after.Signer == before.Signer || after.Prover != a.me() {
		t.Errorf("before it was signed by %s, now by %s with a proof of %q", before.Signer, after.Signer, after.Prover)
	}
	a.shows(t, a.does(t, "post", what{"text": "To a new key."}), says("To a new key."))
}

// tells is what Fedify hears of a post of alice.
func (a *acquaintance) tells(t *testing.T, text string) heard {
	t.Helper()
	written, err := a.alice.write(t.Context(), text)
	must(t, err)
	return a.fedify.hears(t, "Create", written.URI)
}

// rotateTheirs gives fritz new keys under the old names.
func (a *acquaintance) rotateTheirs(t *testing.T) {
	must(t, a.fedify.ask(t.Context(), "rotate", what{"as": "fritz"}, nil))
	a.shows(t, a.does(t, "post", what{"text": "With a new key."}), says("With a new key."))
}

func (a *acquaintance) remove(t *testing.T) {
	a.does(t, "remove", what{"id": a.theirs})
	soon(t, patience, func() error {
		err := a.alice.get(t.Context(), "/api/v1/statuses/"+a.here.ID, nil)
		if refused, ok := errors.AsType[*refusal](err); !ok || refused.Status != http.StatusNotFound {
			return fmt.Errorf("after the delete Acme answers %v", err)
		}
		return nil
	})
	our, err := a.our(t.Context())
	must(t, err)
	_, err = a.alice.call(t.Context(), http.MethodDelete, "/api/v1/statuses/"+our.ID, nil, nil)
	must(t, err)
	a.fedify.hears(t, "Delete", a.ours)
	if found, err := a.fedify.sees(t.Context(), a.ours); err != nil || found.Type == "Note" {
		t.Errorf("after the delete fritz reads %+v %v", found, err)
	}
}

func (a *acquaintance) unfollow(t *testing.T) {
	them, err := a.their(t.Context())
	must(t, err)
	must(t, a.alice.post(t.Context(), "/api/v1/accounts/"+them.ID+"/unfollow", nil, nil))
	soon(t, patience, func() error {
		var followers []string
		err := a.fedify.ask(t.Context(), "followers", what{"as": "fritz"}, &followers)
		if err == nil && len(followers) > 0 {
			err = fmt.Errorf("fritz is followed by %v", followers)
		}
		return err
	})
	a.does(t, "undo", what{"id": a.followed})
	soon(t, patience, func() error {
		if a.alice.isFollowedBy(t.Context(), a.fritz) == nil {
			return errors.New("fritz follows alice still")
		}
		return nil
	})
}

func (a *acquaintance) part(t *testing.T) {
	a.acme.does(t, "partner", "remove", a.fedify.host)
	a.sees(t, a.fedify, "", http.StatusForbidden)
}
