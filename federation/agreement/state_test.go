package agreement_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	. "entente.example/entente/federation/agreement"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// pair is one agreement as both sides know it. Each act is told at once.
type pair struct {
	t    *testing.T
	now  time.Time
	a, b *Agreement
}

func offered(t *testing.T) *pair {
	t.Helper()
	text, err := Terms{Agreement: "https://acme.example/partnerships/1", Version: 1, Parties: [2]activity.ID{acme, globex}, Data: UsualData(),
		From: activity.At(monday), Until: activity.At(monday.Add(365 * day)), Grants: [2]Grant{Everything(), Everything()}}.Seal()
	p := &pair{t: t, now: monday}
	p.must(err)
	p.a, err = New(acme, text)
	p.must(err)
	if state := p.a.State(p.now); state != StateDraft || len(p.a.Knows().Terms) != 0 {
		t.Fatalf("before it is offered it is %s", state)
	}
	p.must(p.a.Offer(text, p.now))
	p.b, err = read(globex, p.a.Knows(), p.now)
	p.must(err)
	return p
}

func active(t *testing.T) *pair {
	p := offered(t)
	p.must(p.b.Accept(p.b.Offers(globex, p.now)[0].Hash(), p.now))
	p.tell()
	return p
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *pair) tell() {
	p.t.Helper()
	for range 3 {
		_, err := p.a.Merge(p.b.Knows(), p.now)
		p.must(err)
		_, err = p.b.Merge(p.a.Knows(), p.now)
		p.must(err)
	}
}

// signsUntold: a offers a change and b signs it, of which a does not hear yet.
func (p *pair) signsUntold(next Terms) {
	p.t.Helper()
	next, err := next.Seal()
	p.must(err)
	p.must(p.a.Offer(next, p.now))
	_, err = p.b.Merge(p.a.Knows(), p.now)
	p.must(err)
	p.must(p.b.Accept(next.Hash(), p.now))
}

func (p *pair) is(want State) {
	p.t.Helper()
	p.tell()
	for _, a := range []*Agreement{p.a, p.b} {
		if got := a.State(p.now); got != want {
			p.t.Errorf("%s says %s, not %s", a.Me.Host(), got, want)
		}
		if lets := a.Effective(acme, p.now).Lets(Follow, "https://globex.example/users/bo"); lets != (want == StateActive) {
			p.t.Errorf("%s: following is allowed: %t, and it is %s", a.Me.Host(), lets, want)
		}
	}
}

func (p *pair) refused(err error, reason string) {
	p.t.Helper()
	if got := activity.FaultOf(err).Reason; err == nil || got != reason {
		p.t.Errorf("refused for %q, not %q", got, reason)
	}
}

// Each line of the table of states.
func TestAnAgreementGoesItsWay(t *testing.T) {
	t.Parallel()
	open, live := offered, active
	cases := map[string]struct {
		from func(*testing.T) *pair
		do   func(p *pair)
		want State
	}{
		"offered":         {open, func(*pair) {}, StateProposed},
		"declined":        {open, func(p *pair) { p.must(p.b.Decline("no", p.now)) }, StateDeclined},
		"withdrawn":       {open, func(p *pair) { p.must(p.a.Withdraw("", p.now)) }, StateWithdrawn},
		"not answered":    {open, func(p *pair) { p.now = p.now.Add(15 * day) }, StateLapsed},
		"crossed":         {open, func(p *pair) { p.b.Cross(p.now) }, StateWithdrawn},
		"accepted":        {live, func(*pair) {}, StateActive},
		"suspended here":  {live, func(p *pair) { p.must(p.a.Suspend(ByAdmin, "", p.now)) }, StateSuspended},
		"suspended there": {live, func(p *pair) { p.must(p.b.Suspend(KeyChange, "", p.now)) }, StateSuspended},
		"resumed":         {live, func(p *pair) { p.must(p.a.Suspend(ByAdmin, "", p.now)); p.must(p.a.Resume("", p.now)) }, StateActive},
		"one of two has resumed": {live, func(p *pair) {
			p.must(p.a.Suspend(ByAdmin, "", p.now))
			p.must(p.b.Suspend(ByAdmin, "", p.now))
			p.must(p.a.Resume("", p.now))
		}, StateSuspended},
		"ended":                      {live, func(p *pair) { p.must(p.b.End("", p.now)) }, StateWindingDown},
		"its time is over":           {live, func(p *pair) { p.now = p.now.Add(365 * day) }, StateWindingDown},
		"ended a month ago":          {live, func(p *pair) { p.must(p.b.End("", p.now)); p.tell(); p.now = p.now.Add(limits.WindDown + day) }, StateEnded},
		"over for a month":           {live, func(p *pair) { p.now = p.now.Add(365*day + limits.WindDown + day) }, StateEnded},
		"revoked":                    {live, func(p *pair) { p.must(p.a.Revoke("", p.now)) }, StateRevoked},
		"revoked while winding down": {live, func(p *pair) { p.must(p.a.End("", p.now)); p.tell(); p.must(p.b.Revoke("", p.now)) }, StateRevoked},
		"revoked a month ago":        {live, func(p *pair) { p.must(p.a.Revoke("", p.now)); p.tell(); p.now = p.now.Add(limits.WindDown + day) }, StateEnded},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := c.from(t)
			c.do(p)
			p.is(c.want)
		})
	}
}

func TestWhatIsOverStaysOver(t *testing.T) {
	t.Parallel()
	p := active(t)
	p.must(p.a.End("", p.now))
	p.tell()
	p.refused(p.a.Resume("", p.now), "wrong_state")
	p.refused(p.b.Suspend(ByAdmin, "", p.now), "wrong_state")
	p.refused(p.b.Narrow(Everything(), Everything(), "", p.now), "wrong_state")
	next, err := p.b.Successor(p.b.Texts()[0]).Seal()
	p.must(err)
	p.refused(p.b.Offer(next, p.now), "wrong_state")
}

// A renewal that both have signed in time, of which one learns too late, has come too late.
func TestARenewalThatArrivesAfterTheEnd(t *testing.T) {
	t.Parallel()
	p := active(t)
	p.now = p.now.Add(360 * day)
	next := p.a.Successor(p.a.Texts()[0])
	next.Until = activity.At(p.now.Add(300 * day))
	p.signsUntold(next)
	if p.b.State(p.now) != StateActive {
		t.Fatal("it is not renewed there")
	}
	p.now = p.now.Add(6 * day)
	p.is(StateWindingDown)
}

// Terms that were offered and not answered in time are not in force by an answer that
// claims to be old.
func TestAnAnswerThatClaimsToBeOld(t *testing.T) {
	t.Parallel()
	p := active(t)
	p.signsUntold(p.a.Successor(p.a.Texts()[0]))
	answer := p.b.Knows()
	p.now = p.now.Add(20 * day)
	_, err := p.a.Merge(answer, p.now)
	p.must(err)
	if v := p.a.InForce()[0].Version; v != 1 {
		t.Errorf("version %d is in force", v)
	}
	late := offered(t)
	hash := late.b.Offers(globex, late.now)[0].Hash()
	late.now = late.now.Add(15 * day)
	late.refused(late.b.Accept(hash, late.now), "wrong_state")
}

// An offer of more is withdrawn while it is accepted: what was agreed before stands.
func TestWithdrawnWhileItIsAccepted(t *testing.T) {
	t.Parallel()
	p := active(t)
	p.signsUntold(p.a.Successor(p.a.Texts()[0]))
	p.must(p.a.Withdraw("", p.now))
	p.is(StateActive)
	for _, a := range []*Agreement{p.a, p.b} {
		if v := a.InForce()[0].Version; v != 1 {
			t.Errorf("%s: version %d is in force", a.Me.Host(), v)
		}
	}
}

func TestCounterOffersHaveAnEnd(t *testing.T) {
	t.Parallel()
	p := offered(t)
	sides := []*Agreement{p.b, p.a}
	for i := range limits.AgreementRounds - 1 {
		next, err := sides[i%2].Successor(p.a.Texts()[0]).Seal()
		p.must(err)
		p.must(sides[i%2].Offer(next, p.now))
		p.tell()
	}
	next, err := p.b.Successor(p.a.Texts()[0]).Seal()
	p.must(err)
	p.refused(p.b.Offer(next, p.now), "many_rounds")
	p.must(p.a.Accept(p.a.Offers(acme, p.now)[0].Hash(), p.now))
	p.is(StateActive)
}

func TestWhatIsLearntIsChecked(t *testing.T) {
	t.Parallel()
	p := active(t)
	before := p.a.Digest()
	for reason, k := range map[string]Knowledge{
		"other_agreement": {Registers: []Register{{Type: "Register", Agreement: p.a.ID, Owner: "https://initech.example/actor", Mode: Live, At: activity.At(monday)}}},
		"bad_register":    {Registers: []Register{{Type: "Register", Agreement: p.a.ID, Owner: globex, Mode: "friendly", At: activity.At(monday)}}},
		"bad_consent":     {Consents: []Consent{{Agreement: p.a.ID, Party: globex, At: activity.At(monday), Expires: activity.At(monday.Add(100 * day))}}},
	} {
		_, err := p.a.Merge(k, p.now)
		p.refused(err, reason)
	}
	if p.a.Digest() != before {
		t.Error("something was learnt")
	}
	_, err := New("https://initech.example/actor", p.a.Texts()[0])
	p.refused(err, "not_a_party")
}

func TestTermsAreChecked(t *testing.T) {
	t.Parallel()
	good := active(t).a.Texts()[0]
	people := func(n int) People {
		ids := make([]activity.ID, n)
		for i := range ids {
			ids[i] = activity.ID(fmt.Sprintf("https://globex.example/users/%d", i))
		}
		return These(ids...)
	}
	for _, spoil := range []func(*Terms){
		func(t *Terms) { t.Until = activity.At(t.From.Add(limits.AgreementTerm)) },
		func(t *Terms) { t.Reason = strings.Repeat("é", limits.AgreementReason) },
		func(t *Terms) { t.Grants[0].Words = slices.Repeat([]Word{Post}, limits.GrantWords) },
		func(t *Terms) { t.Grants[0].Words = []Word{Word(strings.Repeat("w", limits.GrantWord))} },
		func(t *Terms) { t.Grants[0].People = people(limits.GrantPeople) },
	} {
		fine := good
		spoil(&fine)
		if _, err := fine.Seal(); err != nil {
			t.Errorf("refused at the limit: %v", err)
		}
	}
	for reason, spoil := range map[string]func(*Terms){
		"long_reason":        func(t *Terms) { t.Reason = strings.Repeat("é", limits.AgreementReason+1) },
		"bad_grant, a word":  func(t *Terms) { t.Grants[0].Words = []Word{Word(strings.Repeat("w", limits.GrantWord+1))} },
		"long_grant, people": func(t *Terms) { t.Grants[0].People = people(limits.GrantPeople + 1) },
		"bad_term":           func(t *Terms) { t.Until = t.From },
		"long_term":          func(t *Terms) { t.Until = activity.At(t.From.Add(limits.AgreementTerm + time.Second)) },
		"bad_parties":        func(t *Terms) { t.Parties[1] = t.Parties[0] },
		"bad_terms":          func(t *Terms) { t.Agreement = "https://initech.example/partnerships/1" },
		"bad_data_terms":     func(t *Terms) { t.Data.AtEnd = "sell" },
		"bad_grant":          func(t *Terms) { t.Grants[1].FileSize = -1 },
		"long_grant":         func(t *Terms) { t.Grants[0].Words = slices.Repeat([]Word{Post}, limits.GrantWords+1) },
	} {
		bad := good
		spoil(&bad)
		_, err := bad.Seal()
		reason, _, _ = strings.Cut(reason, ",")
		if got := activity.FaultOf(err).Reason; err == nil || got != reason {
			t.Errorf("refused for %q, not %q", got, reason)
		}
	}
}

func TestGrantsMeet(t *testing.T) {
	t.Parallel()
	bo, cy := activity.ID("https://globex.example/users/bo"), activity.ID("https://globex.example/users/cy")
	g := Grant{Words: []Word{Post, Follow}, People: Everyone(), FileSize: 10}.
		Meet(Grant{Words: []Word{Follow, React}, People: These(bo), PostsPerMinute: 3})
	for _, c := range []struct {
		word Word
		who  activity.ID
		want bool
	}{{Follow, bo, true}, {Follow, cy, false}, {Post, bo, false}, {React, bo, false}, {Follow, "", true}} {
		if got := g.Lets(c.word, c.who); got != c.want {
			t.Errorf("%s for %q: %t", c.word, c.who, got)
		}
	}
	if g.FileSize != 10 || g.PostsPerMinute != 3 {
		t.Errorf("limits: %+v", g)
	}
	if nobody := g.Meet(Grant{Words: Words(), People: These(cy)}); !nobody.IsEmpty() || nobody.Lets(Follow, "") {
		t.Error("two sets with nobody in common let somebody")
	}
	if (Grant{}).Lets(Profile, bo) || (Grant{Words: Words()}).Lets(Profile, bo) {
		t.Error("silence grants something")
	}
}

func TestAnAnswerThatComesTooLate(t *testing.T) {
	t.Parallel()
	p := offered(t)
	hash := p.b.Offers(globex, p.now)[0].Hash()
	forged := Consent{Type: "Consent", Agreement: p.a.ID, Terms: hash, Party: globex, At: activity.At(monday.Add(15 * day)), Expires: activity.At(monday.Add(16 * day))}
	_, err := p.a.Merge(Knowledge{Consents: []Consent{forged}}, p.now)
	p.must(err)
	if len(p.a.InForce()) != 0 {
		t.Error("a consent that had expired was answered")
	}

	for under, want := range map[time.Duration]State{limits.OfferLife + limits.OfferLate: StateActive, limits.OfferLife + limits.OfferLate + time.Second: StateWindingDown} {
		p = offered(t)
		p.must(p.b.Accept(hash, p.now))
		p.now = p.now.Add(under)
		p.is(want)
	}
	p = offered(t)
	p.must(p.b.Accept(hash, p.now))
	p.now = p.now.Add(20 * day)
	if _, err := p.a.Merge(p.b.Knows(), p.now); err != nil || p.a.State(p.now) == StateActive {
		t.Errorf("an answer that was under way for 20 days: %s, %v", p.a.State(p.now), err)
	}
	p.is(StateWindingDown)
}

// A side that was restored without noticing finds out by what the other knows of it.
func TestASideThatHasForgottenStandsStill(t *testing.T) {
	t.Parallel()
	p := active(t)
	before := p.a.Clone()
	p.must(p.a.Suspend(ByAdmin, "audit", p.now))
	p.must(p.a.Resume("", p.now))
	p.tell()
	p.a = before
	p.is(StateSuspended)
	if r, _ := p.b.Register(acme); r.Epoch != 1 || r.Why != Restored {
		t.Errorf("the register is %+v", r)
	}
	p.must(p.a.Resume("looked at", p.now))
	p.is(StateActive)
}

// Who signs a text again, earlier or later, undoes no contract by it.
func TestASecondConsentUndoesNothing(t *testing.T) {
	t.Parallel()
	p := active(t)
	hash := p.a.InForce()[0].Hash()
	for i := range 10 {
		at := monday.Add(time.Duration(i-5) * 10 * day)
		again := Consent{Type: "Consent", Agreement: p.a.ID, Terms: hash, Party: globex, At: activity.At(at), Expires: activity.At(at.Add(time.Second))}
		_, err := p.a.Merge(Knowledge{Consents: []Consent{again}}, p.now)
		p.must(err)
	}
	if n := len(p.a.Knows().Consents); n != 1+limits.AgreementConsents {
		t.Errorf("%d consents are kept", n)
	}
	p.is(StateActive)
}

func TestAnAgreementHasOnlySoManyTexts(t *testing.T) {
	t.Parallel()
	p := active(t)
	for range limits.AgreementTexts - 1 {
		next, err := p.a.Successor(p.a.InForce()[0]).Seal()
		p.must(err)
		p.must(p.a.Offer(next, p.now))
	}
	p.tell()
	next, err := p.b.Successor(p.b.InForce()[0]).Seal()
	p.must(err)
	p.refused(p.b.Offer(next, p.now), "many_versions")
	_, err = p.a.Merge(Knowledge{Terms: []Terms{next}}, p.now)
	p.refused(err, "many_versions")
}
