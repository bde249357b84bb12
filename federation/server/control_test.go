package server_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/federation/proof"
	"entente.example/entente/store"
)

// Acme has an agreement with each of the two strangers of a world. What Evil says on the
// channel between instances is about its own, about that of Good, or about nothing, with
// ids of anybody in every place.

// signatory is a stranger who makes agreements.
type signatory struct {
	*stranger
	key ed25519.PrivateKey
	parts
}

// parts are what an agreement is told by.
type parts struct {
	agreement                  string
	terms, consents, registers []map[string]any
}

func (p *signatory) instance() string { return p.stranger.id("/actor") }

// agrees offers Acme an agreement in which both let each other do everything; Acme takes it.
func (w *world) agrees(s *stranger) *signatory {
	w.t.Helper()
	key, err := httpsign.NewEd25519()
	w.acme.do(err)
	p := &signatory{stranger: s, key: key}
	id := p.instance()
	doc := s.actor("service")
	doc["id"], doc["type"], doc["inbox"], doc["followers"] = id, "Application", s.id("/inbox"), id+"/followers"
	doc["publicKey"].(map[string]any)["id"], doc["publicKey"].(map[string]any)["owner"] = id+"#main-key", id
	doc["assertionMethod"] = []any{map[string]any{"id": id + "#ed", "type": "Multikey", "controller": id, "publicKeyMultibase": p.multikey()}}
	s.serve("/actor", doc)
	s.serve("/inbox", true)
	at := time.Now().UTC().Truncate(time.Millisecond)
	terms, err := agreement.Terms{Agreement: activity.ID(s.id("/partnerships/1")), Version: 1, Parties: [2]activity.ID{activity.ID(id), w.acme.InstanceActor()}, Data: agreement.UsualData(),
		From: activity.At(at), Until: activity.At(at.Add(24 * time.Hour)), Grants: [2]agreement.Grant{agreement.Everything(), agreement.Everything()}}.Seal()
	w.acme.do(err)
	a, err := agreement.New(activity.ID(id), terms)
	w.acme.do(err)
	w.acme.do(a.Offer(terms, at))
	k := a.Unsigned()
	for i, c := range k.Consents {
		k.Consents[i].Signed = p.seals(w, c)
	}
	for i, r := range k.Registers {
		k.Registers[i].Signed = p.seals(w, r)
	}
	a.Sign(k)
	raw, err := json.Marshal(a.Knows().Write())
	w.acme.do(err)
	object := map[string]any{}
	w.acme.do(json.Unmarshal(raw, &object))
	object["type"], object["id"] = "Partnership", terms.Agreement
	w.acme.do(w.acme.Partnerships().Receive(w.t.Context(), p.seals(w, w.message(p, partnership.Offer, object)), "an address"))
	w.acme.do(w.acme.Partnerships().Accept(w.t.Context(), s.host))
	pump(w.t, w.acme)
	all, err := w.acme.db.Partnerships(w.t.Context(), s.host)
	w.acme.do(err)
	if len(all) != 1 || all[0].State != string(agreement.StateActive) {
		w.t.Fatalf("with %s there is %+v", s.host, all)
	}
	var knows struct{ Terms, Consents, Registers []map[string]any }
	w.acme.do(json.Unmarshal(all[0].Knowledge, &knows))
	p.parts = parts{string(terms.Agreement), knows.Terms, knows.Consents, knows.Registers}
	return p
}

func (p *signatory) multikey() string {
	return httpsign.EncodeMultikey(p.key.Public().(ed25519.PublicKey))
}

// seals signs a document.
func (p *signatory) seals(w *world, doc any) json.RawMessage {
	w.t.Helper()
	return p.sealsAs(w, activity.ID(p.instance()+"#ed"), doc)
}

// sealsAs names any key as the one that it is signed with.
func (p *signatory) sealsAs(w *world, as activity.ID, doc any) json.RawMessage {
	w.t.Helper()
	raw, err := json.Marshal(doc)
	w.acme.do(err)
	signed, err := proof.Sign(raw, httpsign.Signer{KeyID: as, Key: p.key}, time.Now())
	w.acme.do(err)
	return signed
}

// message is what an instance says to Acme.
func (w *world) message(p *signatory, verb string, object map[string]any) map[string]any {
	return map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": p.id(fmt.Sprint("/messages/", w.said)), "type": verb, "actor": p.instance(),
		"to": []any{w.acme.InstanceActor()}, "published": time.Now().UTC().Format(time.RFC3339), "object": object}
}

// control is a message of Evil's about an agreement, signed, in which a thing or two are
// not as they should be.
func (w *world) control() json.RawMessage {
	w.said++
	of := w.parties[w.random.IntN(2)]
	object := map[string]any{"type": "Partnership", "id": of.parts.agreement, "terms": w.some(of.terms), "consents": w.some(of.consents), "registers": w.some(of.registers)}
	if w.random.IntN(4) == 0 {
		object = map[string]any{"type": "StateDigest", "agreements": map[string]any{pick(w, w.agreements()...): fmt.Sprint(w.random.Int64())}}
		if w.random.IntN(2) == 0 {
			object["keys"] = []any{w.evils().multikey()}
		}
	}
	doc := w.message(w.evils(), pick(w, partnership.Offer, partnership.Accept, partnership.Reject, partnership.Update, partnership.Undo, partnership.Delete), object)
	switch w.random.IntN(6) {
	case 0:
		object["id"] = pick(w, w.agreements()...)
	case 1:
		doc["actor"] = pick(w, w.parties[0].instance(), w.id("actor"), w.id())
	case 2:
		doc[pick(w, "to", "id", "target", "origin", "instrument")] = w.id()
	}
	return w.evils().seals(w, doc)
}

// signedByItself: nothing is kept as Acme's word that Acme has not signed.
func (w *world) signedByItself() {
	w.t.Helper()
	acme := w.acme.itself()
	secret, err := w.acme.db.Secret(w.t.Context(), acme.Key, store.Ed25519)
	w.acme.do(err)
	key, err := httpsign.ParsePrivateKey(secret.PEM)
	w.acme.do(err)
	all, err := w.acme.db.Partnerships(w.t.Context(), w.evil.host)
	w.acme.do(err)
	for _, of := range all {
		var knows agreement.Written
		w.acme.do(json.Unmarshal(of.Knowledge, &knows))
		for _, raw := range append(knows.Consents, knows.Registers...) {
			var by struct{ Party, Owner activity.ID }
			w.acme.do(json.Unmarshal(raw, &by))
			if by.Party != acme.ID && by.Owner != acme.ID {
				continue
			}
			p, ok, err := proof.Read(raw)
			if err != nil || !ok || p.Verify(key.Public().(ed25519.PublicKey), time.Now()) != nil {
				w.t.Errorf("kept as the word of Acme: %s", raw)
			}
		}
	}
}

func (w *world) evils() *signatory { return w.parties[1] }

// agreements are ids of some, and of what is none.
func (w *world) agreements() []string {
	return []string{w.parties[0].agreement, w.evils().agreement, w.evils().id(fmt.Sprint("/partnerships/", w.said)), w.parties[0].id("/partnerships/2"), w.id()}
}

// some are parts as they are, or as Evil would have them, signed by itself.
func (w *world) some(of []map[string]any) []any {
	var all []any
	for _, part := range of {
		if w.random.IntN(2) == 0 {
			all = append(all, part)
			continue
		}
		forged := maps.Clone(part)
		delete(forged, "proof")
		for range 1 + w.random.IntN(2) {
			w.forge(forged)
		}
		if part["type"] == "Terms" { // they carry no proof
			all = append(all, forged)
			continue
		}
		as := pick(w, w.evils().instance(), string(w.acme.InstanceActor()))
		all = append(all, w.evils().sealsAs(w, activity.ID(as+"#ed"), forged))
	}
	return all
}

// forge changes one thing in a part of an agreement.
func (w *world) forge(part map[string]any) {
	parties := []string{w.parties[0].instance(), w.evils().instance(), string(w.acme.InstanceActor()), w.id()}
	name := pick(w, "agreement", "party", "owner", "counter", "mode", "lets", "takes", "parties", "version", "reason", "at")
	if _, has := part[name]; !has {
		name = "agreement"
	}
	switch name {
	case "agreement":
		part[name] = pick(w, w.agreements()...)
	case "party", "owner":
		part[name] = pick(w, parties...)
	case "counter", "version":
		part[name] = 1 + w.random.IntN(9)
	case "mode":
		part[name] = pick(w, string(agreement.Live), string(agreement.Suspended))
	case "lets", "takes":
		part[name] = agreement.Everything()
	case "parties":
		part[name] = []any{pick(w, parties...), pick(w, parties...)}
	case "at":
		part[name] = time.Now().UTC().Add(time.Second).Format("2006-01-02T15:04:05.000Z")
	default:
		part[name] = evilWords
	}
}
