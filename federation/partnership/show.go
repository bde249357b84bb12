package partnership

import (
	"context"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// Standing is how an agreement stands, for people and for programs. "We" is this side.
type Standing struct {
	Host        string          `json:"host"`
	Agreement   activity.ID     `json:"agreement"`
	State       agreement.State `json:"state"`
	Next        []string        `json:"next"`                   // what this side can do: verbs
	From        *time.Time      `json:"from,omitempty"`         // of what is in force
	Until       *time.Time      `json:"until,omitempty"`        // likewise
	ConfirmedAt *time.Time      `json:"confirmed_at,omitempty"` // the six words were compared
	HeardAt     *time.Time      `json:"heard_at,omitempty"`     // the last message of the other side
	Lets        agreement.Grant `json:"lets"`                   // what their people may do here now
	Takes       agreement.Grant `json:"takes"`                  // what ours may do there now
	InForce     []Text          `json:"in_force"`               // several: only what all of them grant counts
	Asked       []Text          `json:"asked"`                  // offers that wait for our answer
	Offered     []Text          `json:"offered"`                // ours that wait for theirs
	We          *Side           `json:"we,omitempty"`
	They        *Side           `json:"they,omitempty"`
}

// Text is one version of the terms, seen from this side.
type Text struct {
	Version int                 `json:"version"`
	Hash    string              `json:"hash"`
	From    time.Time           `json:"from"`
	Until   time.Time           `json:"until"`
	Lets    agreement.Grant     `json:"lets"`
	Takes   agreement.Grant     `json:"takes"`
	Data    agreement.DataTerms `json:"data"`
	Reason  string              `json:"reason"`
}

// Side is the register of one side: what it has decided alone.
type Side struct {
	Mode   agreement.Mode  `json:"mode"`
	Why    agreement.Why   `json:"why"`
	Reason string          `json:"reason"`
	At     time.Time       `json:"at"`
	Lets   agreement.Grant `json:"lets"`  // at most, to the other side
	Takes  agreement.Grant `json:"takes"` // at most, by its own people there
}

// Show is how the last agreement with a host stands, over or not; NotFound, "no_agreement".
func (d *Desk) Show(ctx context.Context, host string) (Standing, error) {
	all, err := d.db.Partnerships(ctx, host)
	if err == nil && (len(all) == 0 || host == "") {
		err = noAgreement(host)
	}
	if err != nil {
		return Standing{}, err
	}
	for _, p := range all {
		if !p.IsOver {
			return d.standing(p)
		}
	}
	return d.standing(all[0])
}

// List is how the last agreement with each host stands, those made last first.
func (d *Desk) List(ctx context.Context) ([]Standing, error) {
	all, err := d.db.Partnerships(ctx, "")
	if err != nil {
		return nil, err
	}
	list, at := []Standing{}, map[string]int{}
	for _, p := range all {
		n, met := at[p.Host]
		if met && (p.IsOver || !list[n].State.IsOver()) {
			continue
		}
		s, err := d.standing(p)
		if err != nil {
			return nil, err
		}
		if met {
			list[n] = s
			continue
		}
		at[p.Host], list = len(list), append(list, s)
	}
	return list, nil
}

func (d *Desk) standing(p store.Partnership) (Standing, error) {
	f, err := d.open(p)
	if err != nil {
		return Standing{}, err
	}
	now := d.now()
	from, until := f.Term()
	s := Standing{Host: p.Host, Agreement: p.ID, State: f.State(now), From: when(from), Until: when(until),
		ConfirmedAt: when(p.ConfirmedAt), HeardAt: when(p.HeardAt), Lets: f.Effective(f.Me, now).Canonical(), Takes: f.Effective(f.Other, now).Canonical(),
		InForce: f.texts(f.InForce()), Asked: []Text{}, Offered: []Text{}, We: f.side(f.Me), They: f.side(f.Other)}
	if !s.State.IsOver() {
		s.Asked, s.Offered = f.texts(f.Offers(f.Me, now)), f.texts(f.Offers(f.Other, now))
	}
	s.Next = s.next()
	return s, nil
}

// next are the verbs that this side can say now.
func (s Standing) next() []string {
	verbs := []string{}
	if len(s.Asked) > 0 {
		verbs = append(verbs, "accept", "counter")
	}
	if len(s.Asked)+len(s.Offered) > 0 {
		verbs = append(verbs, "decline")
	}
	switch s.State {
	case agreement.StateSuspended:
		if s.We != nil && s.We.Mode == agreement.Suspended {
			verbs = append(verbs, "resume")
		}
		fallthrough
	case agreement.StateActive:
		if s.State == agreement.StateActive {
			verbs = append(verbs, "suspend")
		}
		verbs = append(verbs, "narrow", "end", "revoke")
	case agreement.StateWindingDown:
		verbs = append(verbs, "revoke")
	}
	if s.State.IsOver() {
		verbs = append(verbs, "propose")
	}
	return verbs
}

func (f file) texts(all []agreement.Terms) []Text {
	texts := []Text{}
	for _, t := range all {
		texts = append(texts, Text{Version: t.Version, Hash: t.Hash(), From: t.From.Time, Until: t.Until.Time,
			Lets: t.By(f.Me).Canonical(), Takes: t.By(f.Other).Canonical(), Data: t.Data, Reason: t.Reason})
	}
	return texts
}

func (f file) side(party activity.ID) *Side {
	r, known := f.Register(party)
	if !known {
		return nil
	}
	return &Side{Mode: r.Mode, Why: r.Why, Reason: r.Reason, At: r.At.Time, Lets: r.Lets.Canonical(), Takes: r.Takes.Canonical()}
}

// when is nil for never.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func noAgreement(host string) error {
	return activity.Refuse(activity.NotFound, "no_agreement", "there is no agreement with %s: 'entente partner propose %s' offers one", host, host)
}

// lately is how far back a preview looks for conversations: what is older has ended.
const lately = 30 * 24 * time.Hour

// Preview is what people of both do together with a host: see store.Stake.
func (d *Desk) Preview(ctx context.Context, host string) (store.Stake, error) {
	return d.db.Stake(ctx, host, d.now().Add(-lately))
}
