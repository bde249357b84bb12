package partnership

import (
	"context"
	"encoding/json"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// Standing is how an agreement stands, for people and for programs. "We" is this side.
type Standing struct {
	Host        string          `json:"host"`
	Agreement   activity.ID     `json:"agreement,omitempty"`    // "": there was never one
	Unverified  bool            `json:"unverified_enforcement"` // a partner by our word alone: nothing says that it keeps to anything
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
	Drafted     *Text           `json:"drafted,omitempty"`      // what is prepared: nothing of it has left
	We          *Side           `json:"we,omitempty"`
	They        *Side           `json:"they,omitempty"`
	ExportBy    *time.Time      `json:"export_by,omitempty"` // until when each side can take out what is its own; before the end: if nothing ends it sooner
	DeleteBy    *time.Time      `json:"delete_by,omitempty"` // when both must have deleted their copies of what the other has shared
	WeDeleted   *Deleted        `json:"we_deleted,omitempty"`
	TheyDeleted *Deleted        `json:"they_deleted,omitempty"` // as they say; missing after DeleteBy: they have not said so
}

// Deleted is the receipt of one side for what it has deleted.
type Deleted struct {
	At       time.Time `json:"at"`
	Posts    int       `json:"posts"`
	Files    int       `json:"files"`
	Profiles int       `json:"profiles"`
	Kept     int       `json:"kept"` // private messages
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

// StateAllowed is the state of a partner by our word alone, with which there was never an
// agreement.
const StateAllowed agreement.State = "allowed"

// Show is how things stand with a host: the last agreement with it, over or not, or our
// word alone; NotFound, "no_agreement".
func (d *Desk) Show(ctx context.Context, host string) (Standing, error) {
	list, err := d.list(ctx, host)
	if err == nil && (len(list) == 0 || host == "") {
		err = noAgreement(host)
	}
	if err != nil {
		return Standing{}, err
	}
	s := list[0]
	if was, err := d.lastInForce(ctx, host); err != nil || s.ExportBy == nil {
		s.ExportBy = was.ExportBy
		return s, err
	}
	return s, nil
}

// lastInForce is the latest agreement with a host that was signed by both, zero for none. A
// new one that is only offered takes nothing from what it leaves.
func (d *Desk) lastInForce(ctx context.Context, host string) (Standing, error) {
	all, err := d.db.Partnerships(ctx, host)
	for _, p := range all {
		if s, err := d.standing(p); err != nil || s.Until != nil {
			return s, err
		}
	}
	return Standing{}, err
}

// List is how things stand with each host: the agreements made last first, then the
// partners by our word alone.
func (d *Desk) List(ctx context.Context) ([]Standing, error) { return d.list(ctx, "") }

func (d *Desk) list(ctx context.Context, host string) ([]Standing, error) {
	list, at, err := d.agreements(ctx, host)
	if err == nil {
		list, err = d.drafts(ctx, host, list, at)
	}
	if err != nil {
		return nil, err
	}
	partners, err := d.db.Partners(ctx)
	for _, p := range partners {
		if p.Agreement != "" || host != "" && host != p.Host {
			continue
		}
		n, met := at[p.Host]
		if !met {
			n, list = len(list), append(list, Standing{Host: p.Host, State: StateAllowed, Next: []string{"propose"},
				InForce: []Text{}, Asked: []Text{}, Offered: []Text{}})
		}
		if err := list[n].byOurWord(p); err != nil {
			return nil, err
		}
	}
	return list, err
}

// byOurWord says that a partner may do what we alone let it.
func (s *Standing) byOurWord(p store.Partner) (err error) {
	s.Unverified = true
	if p.Suspended { // the database was restored from a backup
		s.Next = append([]string{"resume"}, s.Next...)
	}
	if err = json.Unmarshal(p.Lets, &s.Lets); err == nil {
		err = json.Unmarshal(p.Takes, &s.Takes)
	}
	s.Lets, s.Takes = s.Lets.Canonical(), s.Takes.Canonical()
	return err
}

// agreements are how the last one with each host ("": with all) stands, and its place.
func (d *Desk) agreements(ctx context.Context, host string) (list []Standing, at map[string]int, err error) {
	all, err := d.db.Partnerships(ctx, host)
	if err != nil {
		return nil, nil, err
	}
	list, at = []Standing{}, map[string]int{}
	for _, p := range all {
		n, met := at[p.Host]
		if met && (p.IsOver || !list[n].State.IsOver()) {
			continue
		}
		s, err := d.standing(p)
		if err != nil {
			return nil, nil, err
		}
		if met {
			list[n] = s
			continue
		}
		at[p.Host], list = len(list), append(list, s)
	}
	return list, at, nil
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
		ExportBy: when(f.ExportBy()), InForce: f.texts(f.InForce()), Asked: []Text{}, Offered: []Text{}, We: f.side(f.Me), They: f.side(f.Other)}
	if !s.State.IsOver() {
		s.Asked, s.Offered = f.texts(f.Offers(f.Me, now)), f.texts(f.Offers(f.Other, now))
	}
	if _, until, must := f.DeleteBy(now); must {
		s.DeleteBy, s.WeDeleted, s.TheyDeleted = &until, f.deleted(f.Me), f.deleted(f.Other)
	}
	s.Next = s.next()
	return s, nil
}

func (f file) deleted(by activity.ID) *Deleted {
	r, known := f.Receipt(by)
	if !known {
		return nil
	}
	return &Deleted{At: r.At.Time, Posts: r.Posts, Files: r.Files, Profiles: r.Profiles, Kept: r.Kept}
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
			verbs = append(verbs, lifts(s.We.Why))
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

// lifts is what comes next where a side has suspended: a new key is compared first.
func lifts(why agreement.Why) string {
	if why == agreement.KeyChange {
		return "verify"
	}
	return "resume"
}

func (f file) texts(all []agreement.Terms) []Text {
	texts := []Text{}
	for _, t := range all {
		texts = append(texts, f.text(t))
	}
	return texts
}

func (f file) text(t agreement.Terms) Text {
	return Text{Version: t.Version, Hash: t.Hash(), From: t.From.Time, Until: t.Until.Time,
		Lets: t.By(f.Me).Canonical(), Takes: t.By(f.Other).Canonical(), Data: t.Data, Reason: t.Reason}
}

func (f file) side(party activity.ID) *Side {
	r, known := f.Register(party)
	if !known {
		return nil
	}
	return &Side{Mode: r.Mode, Why: r.Why, Reason: r.Reason, At: r.At.Time, Lets: r.Lets.Canonical(), Takes: r.Takes.Canonical()}
}

func (s *Side) has(mode agreement.Mode) bool { return s != nil && s.Mode == mode }

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

// MayTakeOut says whether what is shared with a host can be taken out now, as long as
// there is a partnership and for a while after it has ended. Denied: "export_over", and
// "partnership_revoked" after a breach.
func (d *Desk) MayTakeOut(ctx context.Context, host string) error {
	s, err := d.Show(ctx, host)
	if err != nil || s.State == StateAllowed {
		return err
	}
	last, err := d.lastInForce(ctx, host)
	switch {
	case err != nil:
		return err
	case last.We.has(agreement.Revoked) || last.They.has(agreement.Revoked):
		return activity.Refuse(activity.Denied, "partnership_revoked", "the agreement with %s was revoked: there is nothing to take out", host)
	case s.ExportBy == nil:
		return noAgreement(host)
	case !d.now().Before(*s.ExportBy):
		return activity.Refuse(activity.Denied, "export_over", "what was shared with %s could be taken out until %s, and that is over; 'entente group export' still writes groups of your own", host, s.ExportBy.Format(time.DateOnly))
	}
	return nil
}
