package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// quoteState is how a company sees that a note quotes another.
func (c *company) quoteState(id activity.ID) store.Quote {
	c.t.Helper()
	q, err := c.db.Quote(c.t.Context(), c.note(id).Key)
	return must(c, q, err)
}

// quote is the Create of a public note that quotes another one.
func (s *stranger) quote(actor, path string, target, stamp any) map[string]any {
	doc := s.create(actor, path, "I quote")
	o := doc["object"].(map[string]any)
	o["quote"] = target
	if stamp != nil {
		o["quoteAuthorization"] = stamp
	}
	return doc
}

func draftQuoting(key store.Key) federation.Draft {
	return federation.Draft{Text: "as they say", Quote: key}
}

// stamp serves a QuoteAuthorization.
func (s *stranger) stamp(path, author, quoting, quoted string) string {
	s.serve(path, map[string]any{"id": s.id(path), "type": "QuoteAuthorization", "attributedTo": author, "interactingObject": quoting, "interactionTarget": quoted})
	return s.id(path)
}

// wrote serves a public note.
func (s *stranger) wrote(actor, path string) string {
	s.serve(path, s.create(actor, path, "original")["object"])
	return s.id(path)
}

func TestOnePersonQuotesAnotherAcrossCompanies(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	ctx, alice, bea, boris := t.Context(), acme.person("alice"), globex.person("bea"), globex.person("boris")
	globex.do(globex.Follow(ctx, bea, globex.sees(alice)))
	acme.do(acme.Follow(ctx, alice, acme.sees(boris)))
	pump(t, acme, globex)
	original, err := acme.Post(ctx, alice, federation.Draft{Text: "quote me"})
	acme.do(err)
	pump(t, acme, globex)
	quoting, err := globex.Post(ctx, boris, federation.Draft{Text: "as she says", Quote: globex.note(original.ID).Key})
	globex.do(err)
	if q := globex.quoteState(quoting.ID); q.State != store.QuotePending {
		t.Fatalf("before anybody was asked it is %s", q.State)
	}
	pump(t, acme, globex)
	for _, c := range []*company{acme, globex} {
		q, n := c.quoteState(quoting.ID), c.note(quoting.ID)
		if q.State != store.QuoteAccepted || q.Target != c.note(original.ID).Key || n.QuoteAuthorization.ID != q.Stamp || !acme.Owns(q.Stamp) {
			t.Errorf("%s has %+v, stamp in the note %q", c.House.Host, q, n.QuoteAuthorization.ID)
		}
		if !strings.Contains(string(n.Content), `<p class="quote-inline">RE: <a href="`+string(original.Page())) {
			t.Errorf("no link for those who know no quotes: %s", n.Content)
		}
	}
	if ns, err := acme.db.Notifications(ctx, alice.Key, store.Page{}); err != nil || len(ns) == 0 || ns[0].Kind != "quote" {
		t.Errorf("alice was told %+v, %v", ns, err)
	}
	stamp := acme.quoteState(quoting.ID).Stamp
	stranger := newStranger(t, "other")
	acme.isPartnerOf(stranger)
	path := strings.TrimPrefix(string(stamp), acme.House.URL)
	status, body := acme.get(stranger, stranger.person("eve"), path)
	var doc federation.Stamp
	if err := json.Unmarshal([]byte(body), &doc); status != 200 || err != nil || doc.InteractingObject != quoting.ID || doc.InteractionTarget != original.ID || doc.AttributedTo != alice.ID {
		t.Fatalf("the stamp is %d %s", status, body)
	}

	acme.do(acme.RevokeQuote(ctx, alice, acme.note(original.ID), acme.note(quoting.ID)))
	pump(t, acme, globex)
	for _, c := range []*company{acme, globex} {
		if q, n := c.quoteState(quoting.ID), c.note(quoting.ID); q.State != store.QuoteRevoked || n.QuoteAuthorization.ID != "" {
			t.Errorf("after it was taken back %s has %+v, %q", c.House.Host, q, n.QuoteAuthorization.ID)
		}
	}
	if status, body := acme.get(stranger, stranger.id("/users/eve"), path); status != 404 {
		t.Errorf("the stamp that was taken back is %d %s", status, body)
	}
}

func TestWhatIsNotForEverybodyIsNotQuoted(t *testing.T) {
	t.Parallel()
	acme, globex := companies(t)
	ctx, alice, amir, bea := t.Context(), acme.person("alice"), acme.person("amir"), globex.person("bea")
	globex.do(globex.Follow(ctx, bea, globex.sees(alice)))
	acme.do(acme.Follow(ctx, amir, alice))
	pump(t, acme, globex)
	private, err := acme.Post(ctx, alice, federation.Draft{Text: "for followers", Visibility: activity.VisibleFollowers})
	acme.do(err)
	closed, err := acme.Post(ctx, alice, federation.Draft{Text: "to be read", Quotable: "nobody"})
	acme.do(err)
	open, err := acme.Post(ctx, alice, federation.Draft{Text: "to be quoted"})
	acme.do(err)
	pump(t, acme, globex)
	for _, n := range []store.Note{private, closed} {
		if n.Policy == nil || len(n.Policy.CanQuote.Automatic) != 1 || n.Policy.CanQuote.Automatic[0] != alice.ID {
			t.Errorf("its policy is %+v", n.Policy)
		}
		if _, err := acme.Post(ctx, amir, federation.Draft{Text: "x", Quote: n.Key}); activity.FaultOf(err).Reason != "not_quotable" {
			t.Errorf("amir quotes it: %v", err)
		}
		if _, err := globex.Post(ctx, bea, federation.Draft{Text: "x", Quote: globex.note(n.ID).Key}); activity.FaultOf(err).Reason != "not_quotable" {
			t.Errorf("bea quotes it: %v", err)
		}
	}
	if n, err := acme.Post(ctx, amir, federation.Draft{Text: "x", Quote: open.Key}); err != nil || acme.quoteState(n.ID).State != store.QuoteAccepted || n.QuoteAuthorization.ID == "" {
		t.Errorf("a colleague's quote: %v, %+v", err, n)
	}
	pump(t, acme, globex)
	if n, err := acme.Post(ctx, alice, federation.Draft{Text: "x", Quote: closed.Key}); err != nil || acme.quoteState(n.ID).State != store.QuoteAccepted || n.QuoteAuthorization.ID != "" {
		t.Errorf("one's own quote: %v, %+v", err, n)
	}
}

func TestARequestIsAnsweredByThePolicyOfTheNote(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	ctx, alice, globex := t.Context(), acme.person("alice"), newStranger(t, "globex")
	acme.isPartnerOf(globex)
	bea := globex.person("bea")
	open, err := acme.Post(ctx, alice, federation.Draft{Text: "open"})
	acme.do(err)
	named, err := acme.Post(ctx, alice, federation.Draft{Text: "not for her", Visibility: activity.VisibleFollowers})
	acme.do(err)
	for name, tc := range map[string]struct {
		kind   string
		target activity.ID
		want   string
	}{
		"a quote of what is open":           {"QuoteRequest", open.ID, "Accept"},
		"a like":                            {"LikeRequest", open.ID, "Accept"},
		"an answer":                         {"ReplyRequest", open.ID, "Accept"},
		"a boost":                           {"AnnounceRequest", open.ID, "Accept"},
		"a quote of what she cannot see":    {"QuoteRequest", named.ID, ""},
		"a quote of what is nobody's":       {"QuoteRequest", acme.House.NoteID(1), ""},
		"a boost in the name of a stranger": {"AnnounceRequest", open.ID, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := "/requests/" + strings.ReplaceAll(name, " ", "-")
			doc := map[string]any{"id": globex.id(path), "type": tc.kind, "actor": bea, "object": tc.target, "instrument": globex.id(path + "/instrument")}
			if strings.HasSuffix(name, "stranger") {
				doc["instrument"] = alice.ID
			}
			if status, body := globex.send(acme, doc); status != 202 {
				t.Fatalf("%d %s", status, body)
			}
			pump(t, acme)
			answers := globex.answers(globex.id(path))
			for _, got := range answers {
				if got != tc.want {
					t.Errorf("the answer is %q", got)
				}
			}
			if (len(answers) > 0) != (tc.want != "") {
				t.Errorf("%d answers", len(answers))
			}
		})
	}
}
