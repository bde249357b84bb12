package interop_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// defend delivers a hostile document as it is, then uses it for what it was made
// for. The row says what came of it; its effect stays "" as long as there is none.
func (s *stage) defend(t *testing.T, d document, l library) row {
	r := row{document: d, verb: activity.TypeOf(d.raw)}
	w := newWorld(l, httpsign.EncodePublicKey(&s.keys.theirs.PublicKey))
	w.learn(d.raw)
	s.partner.plays(w)
	sc := &scene{world: w}
	var o hostileDocument
	_ = json.Unmarshal(d.raw, &o)
	whom := o.target()
	sc.instance = s.found(t, origin(whom), true)
	sc.watch = sc.person(whom, "Person")
	before := s.facts(t)
	status, reason := sc.post(d.raw, httpsign.Signer{KeyID: o.speaker() + "#main-key", Key: s.keys.theirs})
	if status < 400 {
		t.Errorf("taken as it is: %d", status)
	}
	r.reason = fmt.Sprintf("as it is: %d %s; %s", status, reason, sc.abuse(d, o))
	sc.settle()
	if after := s.facts(t); after != before {
		r.effect = fmt.Sprintf("%d facts, before %d", after, before)
	}
	return r
}

// hostileDocument is a note, an actor, or an answer of WebFinger.
type hostileDocument struct {
	ID           activity.ID                 `json:"id"`
	AttributedTo activity.ID                 `json:"attributedTo"`
	To           activity.IDs                `json:"to"`
	Cc           activity.IDs                `json:"cc"`
	Tag          activity.List[activity.Tag] `json:"tag"`
	Subject      string                      `json:"subject"`
	Aliases      []activity.ID               `json:"aliases"`
}

// target is the one of ours whom a note wants to reach, else anybody.
func (o hostileDocument) target() activity.ID {
	author := act{Envelope: activity.Envelope{Actor: activity.Ref{ID: o.AttributedTo}}}
	return cmp.Or(foreign(author, append(o.To, o.Cc...)...), bystander+"/users/bea")
}

// speaker is in whose name it is delivered.
func (o hostileDocument) speaker() activity.ID {
	switch {
	case o.AttributedTo != "":
		return o.AttributedTo
	case o.ID != "":
		return o.ID
	}
	return o.Aliases[0]
}

// abuse uses the document for what it was made for.
func (s *scene) abuse(d document, o hostileDocument) string {
	switch {
	case d.kind == aNote:
		return s.abuseNote(d, o)
	case d.kind == anActor:
		return s.abuseActor(d, o)
	}
	return s.abuseFinger(d, o)
}

// abuseNote: a note that calls many people is sent as its author would. One that
// only gives a wrong address for somebody has no other use.
func (s *scene) abuseNote(d document, o hostileDocument) string {
	if len(o.Tag) == 1 {
		return "a Note is no activity"
	}
	status, reason := s.perform(s.wrap("Create", o.AttributedTo, d.raw))
	if status == 202 {
		reason = s.outcome(s.t.Context())
	}
	return fmt.Sprintf("in a Create: %s", reason)
}

// wrap makes an activity of somebody.
func (s *scene) wrap(verb string, actor activity.ID, object json.RawMessage) act {
	raw := encode(map[string]any{"@context": activity.Context, "id": actor + "#" + activity.ID(verb), "type": verb, "actor": actor, "object": object,
		"to": activity.Public})
	a, err := read(raw)
	s.must(err)
	return a
}

// abuseActor: the actor follows one of ours, with the key that it lists, as
// itself and as the one whose key it claims.
func (s *scene) abuseActor(d document, o hostileDocument) string {
	var keys struct {
		Key struct {
			ID activity.ID `json:"id"`
		} `json:"publicKey"`
	}
	s.must(json.Unmarshal(d.raw, &keys))
	doc := map[string]any{}
	overlay(doc, d.raw)
	doc["publicKey"] = map[string]any{"id": keys.Key.ID, "owner": o.ID, "publicKeyPem": s.world.key}
	s.world.says[o.ID] = encode(doc)
	victim := keys.Key.ID.WithoutFragment()
	if victim != o.ID {
		s.world.says[victim] = s.world.library.find(victim, anActor) // with its own key, which is not the thief's
	}
	object := encode(s.watch.ID)
	var said []string
	for _, actor := range []activity.ID{o.ID, victim} {
		status, reason := s.post(s.wrap("Follow", actor, object).raw, httpsign.Signer{KeyID: keys.Key.ID, Key: s.keys.theirs})
		said = append(said, fmt.Sprintf("%d %s", status, reason))
		if status < 400 {
			s.t.Errorf("%s follows: %d", actor, status)
		}
	}
	if _, err := s.db.Actor(s.t.Context(), o.ID); err == nil {
		s.t.Error("it is taken for an actor")
	}
	return "signing a Follow, as itself and as whose key it claims: " + strings.Join(said, ", ")
}

// abuseFinger: the answer is given for every handle of every host, but the one
// whose handle it claims knows nothing of it.
func (s *scene) abuseFinger(d document, o hostileDocument) string {
	user, host, _ := strings.Cut(strings.TrimPrefix(o.Subject, "acct:"), "@")
	s.world.finger, s.world.honest = d.raw, host
	for _, alias := range o.Aliases {
		_, err := s.ByHandle(s.t.Context(), user, alias.Host())
		if err == nil {
			s.t.Errorf("%s@%s was found", user, alias.Host())
		}
	}
	if a, err := s.db.ActorByHandle(s.t.Context(), user, host); err == nil {
		s.t.Errorf("%s stands for %s", o.Subject, a.ID)
	}
	return "as the answer of another host: " + o.Subject + " is nobody's handle"
}

// facts counts all that somebody could have brought about.
func (s *stage) facts(t *testing.T) int {
	t.Helper()
	var n int
	err := s.tables.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM notes) + (SELECT count(*) FROM edges) + (SELECT count(*) FROM timeline)
		+ (SELECT count(*) FROM notifications) + (SELECT count(*) FROM tombstones) + (SELECT count(*) FROM outbox WHERE sent_at IS NULL)
		+ (SELECT count(*) FROM activities WHERE outcome = $1)`, store.Applied).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
