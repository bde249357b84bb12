package partnership

import (
	"encoding/json"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
)

// Messages about agreements come from anybody who has a host.

const (
	acme   activity.ID = "https://acme.example/actor"
	globex activity.ID = "https://globex.example/actor"
)

var now = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

// FuzzMessage: whatever another instance says is refused with a reason, or is knowledge
// that can be learnt, kept, told again and learnt from, and is the same each time.
func FuzzMessage(f *testing.F) {
	for _, seed := range said(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if activity.CheckDocument(body) != nil {
			return // it does not come as far
		}
		if env, err := activity.ReadEnvelope(body); err == nil {
			Concerns(env)
		}
		var m message
		if json.Unmarshal(body, &m) != nil {
			return
		}
		refusedWell(t, (&Desk{}).announced(&file{}, m.Object.Keys))
		k, err := m.Object.Read()
		if refusedWell(t, err) {
			return
		}
		for _, me := range []activity.ID{acme, globex} {
			a, err := agreement.Begin(me, k)
			if refusedWell(t, err) {
				continue
			}
			if _, err = a.Merge(k, now); refusedWell(t, err) {
				continue
			}
			for _, c := range k.Consents {
				if !c.Expires.After(c.At.Time) {
					t.Fatalf("learnt a consent that has never stood: %+v", c)
				}
			}
			sound(t, a, k)
		}
	})
}

// sound: what was learnt once is not learnt again, and is the same when it was kept, or
// told and read.
func sound(t *testing.T, a *agreement.Agreement, k agreement.Knowledge) {
	t.Helper()
	a.Settle(now) // what had come too late already
	a.Sign(signed(t, a.Unsigned()))
	digest, state := a.Digest(), a.State(now)
	if changed, err := a.Merge(k, now); changed || err != nil || a.Digest() != digest {
		t.Fatalf("the same again: %t, %v", changed, err)
	}
	if len(a.Knows().Terms) == 0 { // drafts alone: they are neither kept nor told
		return
	}
	all, seen := a.All()
	loaded, err := agreement.Load(a.Me, written(t, all), seen)
	if err != nil || loaded.Digest() != digest || loaded.State(now) != state {
		t.Fatalf("kept and loaded it is %s, not %s: %v", loaded.State(now), state, err)
	}
	if changed, err := a.Merge(written(t, a.Knows()), now); changed || err != nil {
		t.Fatalf("what is told is not what is known: %t, %v", changed, err)
	}
}

// written is knowledge as it comes back from what is written of it.
func written(t *testing.T, k agreement.Knowledge) agreement.Knowledge {
	t.Helper()
	raw, err := json.Marshal(k.Write())
	if err != nil {
		t.Fatal(err)
	}
	var w agreement.Written
	if err := json.Unmarshal(raw, &w); err != nil {
		t.Fatal(err)
	}
	back, err := w.Read()
	if err != nil {
		t.Fatalf("%s cannot be read: %v", raw, err)
	}
	return back
}

// refusedWell says whether something was refused; then it is the sender's fault, with a reason.
func refusedWell(t *testing.T, err error) bool {
	t.Helper()
	if err != nil && (!activity.KindOf(err).Permanent() || activity.FaultOf(err).Reason == "") {
		t.Fatalf("refused by %v", err)
	}
	return err != nil
}

// signed is knowledge with something in the place of proofs.
func signed(t testing.TB, k agreement.Knowledge) agreement.Knowledge {
	t.Helper()
	for i := range k.Consents {
		k.Consents[i].Signed = text(t, k.Consents[i])
	}
	for i := range k.Registers {
		k.Registers[i].Signed = text(t, k.Registers[i])
	}
	return k
}

func text(t testing.TB, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// said are messages as they are sent: an offer, its acceptance, a narrowing, an end, and
// a digest.
func said(f *testing.F) (all [][]byte) {
	f.Helper()
	must := func(err error) {
		f.Helper()
		if err != nil {
			f.Fatal(err)
		}
	}
	tell := func(verb string, o object) {
		m := message{Context: activity.Context, ID: acme + "#1", Type: verb, Actor: acme, To: []activity.ID{globex}, Published: activity.At(now), Object: o}
		all = append(all, text(f, m))
	}
	terms, err := Usual().terms(agreement.Terms{Agreement: "https://acme.example/partnerships/1", Version: 1, Parties: [2]activity.ID{acme, globex}, Data: agreement.UsualData()}, acme, now)
	must(err)
	a, err := agreement.New(acme, terms)
	must(err)
	knows := func(a *agreement.Agreement) object {
		a.Sign(signed(f, a.Unsigned()))
		return object{Type: kindPartnership, ID: a.ID, Written: a.Knows().Write()}
	}
	must(a.Offer(terms, now))
	tell(Offer, knows(a))
	b, err := agreement.Begin(globex, a.Knows())
	must(err)
	_, err = b.Merge(a.Knows(), now)
	must(err)
	must(b.Accept(terms.Hash(), now))
	tell(Accept, knows(b))
	must(b.Narrow(agreement.Narrowest(), agreement.Narrowest(), "enough", now))
	tell(Update, knows(b))
	must(b.End("thank you", now))
	tell(Undo, knows(b))
	must(a.Withdraw("a mistake", now))
	tell(Reject, knows(a))
	tell(Update, object{Type: kindDigest, Agreements: map[activity.ID]string{a.ID: a.Digest()}, Keys: []string{"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}})
	return all
}
