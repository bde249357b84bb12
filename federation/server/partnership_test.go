package server_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/proof"
	"entente.example/entente/store"
)

// agreed are Acme and Globex with an agreement that both have signed.
func agreed(t *testing.T) (acme, globex *company) {
	t.Helper()
	acme, globex = found(t, "acme", false), found(t, "globex", false)
	acme.do(acme.Partnerships().Propose(t.Context(), globex.host(), everything()))
	pump(t, acme, globex)
	globex.do(globex.Partnerships().Accept(t.Context(), acme.host()))
	pump(t, acme, globex)
	return acme, globex
}

func everything() partnership.Proposal {
	return partnership.Proposal{Lets: agreement.Everything(), Takes: agreement.Everything(), Reason: "the Lyon project"}
}

func (c *company) host() string { return c.House.Host }

// stands is the last agreement with another, as it is kept.
func (c *company) stands(with *company) store.Partnership {
	c.t.Helper()
	all, err := c.db.Partnerships(c.t.Context(), with.host())
	c.do(err)
	if len(all) == 0 {
		return store.Partnership{}
	}
	return all[0]
}

func (c *company) lets(other *company, w agreement.Word) bool {
	c.t.Helper()
	err := c.Gate().Lets(c.t.Context(), w, other.host(), "")
	if err != nil && activity.FaultOf(err).Reason != policy.NotGranted {
		c.t.Fatal(err)
	}
	return err == nil
}

// isState fails when the two do not see the agreement in the same state.
func isState(t *testing.T, want agreement.State, acme, globex *company) {
	t.Helper()
	for _, pair := range [][2]*company{{acme, globex}, {globex, acme}} {
		if got := pair[0].stands(pair[1]).State; got != string(want) {
			t.Errorf("%s says that it is %q, not %s", pair[0].host(), got, want)
		}
		if lets := pair[0].lets(pair[1], agreement.Follow); lets != (want == agreement.StateActive) {
			t.Errorf("%s lets them follow: %t", pair[0].host(), lets)
		}
	}
}

func TestTwoInstancesAgree(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), found(t, "globex", false)
	ctx := t.Context()
	alice, boris := acme.person("alice"), globex.person("boris")

	acme.do(acme.Partnerships().Propose(ctx, globex.host(), everything()))
	pump(t, acme, globex)
	isState(t, agreement.StateProposed, acme, globex)

	globex.do(globex.Partnerships().Accept(ctx, acme.host()))
	pump(t, acme, globex)
	isState(t, agreement.StateActive, acme, globex)
	globex.do(globex.Follow(ctx, boris, globex.sees(alice)))
	pump(t, acme, globex)

	acme.do(acme.Partnerships().Suspend(ctx, globex.host(), "an audit"))
	isSuspended := acme.Gate().Allow(ctx, policy.Send, globex.host(), "") != nil
	if !isSuspended {
		t.Error("something goes out after the suspension")
	}
	pump(t, acme, globex)
	isState(t, agreement.StateSuspended, acme, globex)

	if err := globex.Partnerships().Resume(ctx, acme.host(), ""); activity.FaultOf(err).Reason != "wrong_state" {
		t.Errorf("who has not suspended it resumes: %v", err)
	}
	acme.do(acme.Partnerships().Resume(ctx, globex.host(), ""))
	pump(t, acme, globex)
	isState(t, agreement.StateActive, acme, globex)

	narrow := agreement.Grant{Words: []agreement.Word{agreement.Follow}, People: agreement.Everyone()}
	globex.do(globex.Partnerships().Narrow(ctx, acme.host(), narrow, agreement.Everything(), ""))
	pump(t, acme, globex)
	for _, pair := range [][2]*company{{acme, globex}, {globex, acme}} {
		_, takes, err := acme.Gate().Grants(ctx, globex.host())
		acme.do(err)
		if takes.Lets(agreement.Post, "") || !takes.Lets(agreement.Follow, "") {
			t.Errorf("acme takes %v", takes.Words)
		}
		if pair[0] == globex && globex.lets(acme, agreement.Post) {
			t.Error("globex lets more than it has said")
		}
	}

	acme.do(acme.Partnerships().End(ctx, globex.host(), "done"))
	pump(t, acme, globex)
	isState(t, agreement.StateWindingDown, acme, globex)
	acme.do(acme.Partnerships().Revoke(ctx, globex.host(), "after all"))
	pump(t, acme, globex)
	isState(t, agreement.StateRevoked, acme, globex)
	acme.ahead.Add(int64(limits.WindDown + time.Hour))
	globex.ahead.Add(int64(limits.WindDown + time.Hour))
	acme.do(acme.Partnerships().Tick(ctx))
	globex.do(globex.Partnerships().Tick(ctx))
	isState(t, agreement.StateEnded, acme, globex)
}

func TestOffersThatComeToNothing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for want, end := range map[agreement.State]func(acme, globex *company) error{
		agreement.StateDeclined:  func(acme, globex *company) error { return globex.Partnerships().Decline(ctx, acme.host(), "no") },
		agreement.StateWithdrawn: func(acme, globex *company) error { return acme.Partnerships().Decline(ctx, globex.host(), "no") },
	} {
		acme, globex := found(t, "acme", false), found(t, "globex", false)
		acme.do(acme.Partnerships().Propose(ctx, globex.host(), everything()))
		pump(t, acme, globex)
		acme.do(end(acme, globex))
		pump(t, acme, globex)
		isState(t, want, acme, globex)
		err := acme.Partnerships().Propose(ctx, globex.host(), everything())
		if declined := activity.FaultOf(err).Reason == "declined_lately"; declined != (want == agreement.StateDeclined) {
			t.Errorf("after it was %s a new offer: %v", want, err)
		}
	}
}

// However much the two tell each other meanwhile, 30 days after a refusal a new offer can be made.
func TestThePauseAfterARefusalEnds(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	acme, globex := found(t, "acme", false), found(t, "globex", false)
	acme.do(acme.Partnerships().Propose(ctx, globex.host(), everything()))
	pump(t, acme, globex)
	acme.do(globex.Partnerships().Decline(ctx, acme.host(), "no"))
	pump(t, acme, globex)
	for range 31 {
		for _, c := range []*company{acme, globex} {
			c.ahead.Add(int64(24*time.Hour + time.Minute))
			c.ticks()
		}
		pump(t, acme, globex)
	}
	acme.do(acme.Partnerships().Propose(ctx, globex.host(), everything()))
	pump(t, acme, globex)
	isState(t, agreement.StateProposed, acme, globex)
}

// Between reading an offer and signing it, the other side may have made another one.
func TestWhatIsSignedIsWhatWasRead(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), found(t, "globex", false)
	ctx := t.Context()
	acme.do(acme.Partnerships().Propose(ctx, globex.host(), everything()))
	pump(t, acme, globex)
	s, err := globex.Partnerships().Show(ctx, acme.host())
	globex.do(err)
	acme.do(acme.Partnerships().Counter(ctx, globex.host(), func(p partnership.Proposal) partnership.Proposal {
		p.Lets = agreement.Narrowest()
		return p
	}))
	pump(t, acme, globex)
	if err := globex.Partnerships().AcceptText(ctx, acme.host(), s.Asked[0].Hash); activity.FaultOf(err).Reason != "other_terms" {
		t.Errorf("what nobody has read is signed: %v", err)
	}
	pump(t, acme, globex)
	isState(t, agreement.StateProposed, acme, globex)
}

func TestOffersThatCross(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), found(t, "globex", false)
	acme.do(acme.Partnerships().Propose(t.Context(), globex.host(), everything()))
	acme.do(globex.Partnerships().Propose(t.Context(), acme.host(), everything()))
	pump(t, acme, globex)
	pump(t, acme, globex)
	open := map[activity.ID]int{}
	for _, pair := range [][2]*company{{acme, globex}, {globex, acme}} {
		all, err := pair[0].db.Partnerships(t.Context(), pair[1].host())
		acme.do(err)
		for _, p := range all {
			if !p.IsOver {
				open[p.ID]++
			}
		}
	}
	if len(open) != 1 {
		t.Errorf("open on which sides: %v", open)
	}
}

// A message that got lost is made up for by the next digest.
func TestADigestHealsWhatWasLost(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	acme.do(acme.Partnerships().Suspend(t.Context(), globex.host(), ""))
	_, err := acme.db.Drain(t.Context(), 1000, func([]store.Promise) error { return nil })
	acme.do(err)
	for _, c := range []*company{acme, globex} {
		c.ahead.Add(int64(25 * time.Hour))
	}
	acme.do(acme.Partnerships().Tick(t.Context()))
	pump(t, acme, globex)
	pump(t, acme, globex)
	isState(t, agreement.StateSuspended, acme, globex)
}

// Who has lost its whole database is told again, and stands still until somebody has
// looked at what it has forgotten.
func TestWhoHasForgottenEverythingIsTold(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	acme.forgets()
	for _, c := range []*company{acme, globex} {
		c.ahead.Add(int64(25 * time.Hour))
	}
	globex.do(globex.Partnerships().Tick(t.Context()))
	pump(t, acme, globex)
	isState(t, agreement.StateSuspended, acme, globex)
	acme.do(acme.Partnerships().Resume(t.Context(), globex.host(), "looked at"))
	pump(t, acme, globex)
	isState(t, agreement.StateActive, acme, globex)
}

// forgets loses all agreements, as a restore from an old backup does.
func (c *company) forgets() {
	c.t.Helper()
	c.exec("DELETE FROM partnerships; DELETE FROM partners")
}

func (c *company) exec(query string) {
	c.t.Helper()
	db, err := sql.Open("pgx", c.dsn)
	c.do(err)
	defer db.Close()
	_, err = db.ExecContext(c.t.Context(), query)
	c.do(err)
}

func (c *company) itself() store.Actor {
	c.t.Helper()
	a, err := c.db.Actor(c.t.Context(), c.InstanceActor())
	return must(c, a, err)
}

// In open federation strangers may do everything, but nobody gets more by being suspended,
// ended or revoked.
func TestOpenFederationShutsWhoWasStopped(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", true), found(t, "globex", true)
	ctx := t.Context()
	desk := acme.Partnerships()
	agree := func() {
		t.Helper()
		acme.do(desk.Propose(ctx, globex.host(), partnership.Usual()))
		pump(t, acme, globex)
		globex.do(globex.Partnerships().Accept(ctx, acme.host()))
		pump(t, acme, globex)
	}
	check := func(state string, passes, everything bool) {
		t.Helper()
		for _, d := range []policy.Direction{policy.Accept, policy.Send, policy.Fetch, policy.Serve} {
			if err := acme.Gate().Allow(ctx, d, globex.host(), "a test"); (err == nil) != passes {
				t.Errorf("%s: %s: %v", state, d, err)
			}
			if err := acme.Gate().AllowAll(ctx, d, []byte(`{"object": "http://`+globex.host()+`/notes/1"}`)); (err == nil) != passes {
				t.Errorf("%s: %s of what it names: %v", state, d, err)
			}
		}
		may, err := acme.Gate().Sendable(ctx, []string{globex.host()})
		acme.do(err)
		if waits := state == "suspended"; may[globex.host()] != (passes || waits) {
			t.Errorf("%s: sendable %v", state, may)
		}
		agreeing, err := acme.Gate().Agreeing(ctx, agreement.JoinGroup, agreement.JoinGroup, []string{globex.host()})
		acme.do(err)
		if state != "suspended" && agreeing[globex.host()] != everything {
			t.Errorf("%s: agreeing %v", state, agreeing)
		}
		if acme.lets(globex, agreement.Directory) != everything || acme.lets(globex, agreement.Profile) != passes {
			t.Errorf("%s: directory %t, profile %t", state, acme.lets(globex, agreement.Directory), acme.lets(globex, agreement.Profile))
		}
	}
	check("a stranger", true, true)
	agree()
	check("active", true, false)
	acme.do(desk.Suspend(ctx, globex.host(), ""))
	check("suspended", false, false)
	acme.do(desk.Resume(ctx, globex.host(), ""))
	acme.do(desk.End(ctx, globex.host(), ""))
	check("winding down", false, false)
	pump(t, acme, globex)
	for _, c := range []*company{acme, globex} {
		c.ahead.Add(int64(limits.WindDown + time.Hour))
		c.ticks()
	}
	pump(t, acme, globex)
	check("ended in good order", true, true)
	agree()
	acme.do(desk.Revoke(ctx, globex.host(), ""))
	check("revoked", false, false)
	pump(t, acme, globex)
	for _, c := range []*company{acme, globex} {
		c.ahead.Add(int64(2 * limits.WindDown))
		c.ticks()
	}
	pump(t, acme, globex)
	check("revoked long ago", false, false)
	acme.tx(func(tx *store.Tx) error {
		narrow := agreement.Narrowest().Raw()
		return tx.PutPartner(ctx, store.Partner{Host: globex.host(), Lets: narrow, Takes: narrow})
	})
	check("let in again by our word", true, false)
}

// Two admins read each other six words. A key that nobody has announced stops everything.
func TestWordsAreTheSameOnBothSidesUntilAKeyChanges(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	ctx := t.Context()
	one, _, err := acme.Partnerships().Compare(ctx, globex.host())
	acme.do(err)
	two, confirmed, err := globex.Partnerships().Compare(ctx, acme.host())
	acme.do(err)
	if one != two || len(strings.Fields(one)) != 6 || confirmed {
		t.Fatalf("%q and %q", one, two)
	}
	if err := acme.Partnerships().Confirm(ctx, globex.host(), "six words that are not these"); activity.FaultOf(err).Reason != "other_words" {
		t.Errorf("wrong words: %v", err)
	}
	acme.do(acme.Partnerships().Confirm(ctx, globex.host(), " "+strings.ToUpper(one)))

	// An announced key is taken.
	acme.do(globex.RotateKeys(ctx, globex.itself()))
	for range 2 {
		pump(t, acme, globex)
		for _, c := range []*company{acme, globex} {
			c.ahead.Add(int64(25 * time.Hour))
			c.do(c.Partnerships().Tick(ctx))
		}
	}
	pump(t, acme, globex)
	isState(t, agreement.StateActive, acme, globex)

	// One that is not is not.
	changesItsKey(t, acme, globex)
	acme.do(globex.Partnerships().Suspend(ctx, acme.host(), "by somebody else"))
	err = globex.TellPartner(ctx, store.TellPartner{Host: acme.host(), Agreement: globex.stands(acme).ID, Verb: partnership.Update})
	if !strings.Contains(err.Error(), "key_changed") {
		t.Errorf("it is told: %v", err)
	}
	if r := acme.stands(globex); !strings.Contains(string(r.Knowledge), `"why": "key"`) {
		t.Errorf("acme knows %s", r.Knowledge)
	}
	if p := acme.stands(globex); p.State != string(agreement.StateSuspended) {
		t.Errorf("it is %s", p.State)
	}
	staysUntilCompared(t, acme, globex)
}

// changesItsKey gives globex a key of which acme hears nothing.
func changesItsKey(t *testing.T, acme, globex *company) {
	t.Helper()
	ctx := t.Context()
	acme.do(globex.RotateKeys(ctx, globex.itself()))
	for _, c := range []*company{acme, globex} {
		c.ahead.Add(int64(limits.KeyKept + time.Hour))
	}
	acme.do(globex.Retire(ctx, store.Retire{Actor: globex.itself().Key}))
	_, err := globex.db.Drain(ctx, 1000, func([]store.Promise) error { return nil })
	acme.do(err)
}

// staysUntilCompared: nobody resumes before the words of the new key were read, whatever
// else is decided meanwhile.
func staysUntilCompared(t *testing.T, acme, globex *company) {
	t.Helper()
	ctx := t.Context()
	desk := acme.Partnerships()
	for _, decide := range []func() error{
		func() error { return nil },
		func() error { return desk.Suspend(ctx, globex.host(), "and for another reason") },
		func() error {
			return desk.Narrow(ctx, globex.host(), agreement.Everything(), agreement.Everything(), "")
		},
		func() error { _, err := desk.Fence(ctx, nil); return err },
	} {
		acme.do(decide())
		if err := desk.Resume(ctx, globex.host(), ""); activity.FaultOf(err).Reason != "compare_first" {
			t.Errorf("nobody has compared the new key: %v", err)
		}
	}
	words, confirmed, err := desk.Compare(ctx, globex.host())
	acme.do(err)
	if confirmed {
		t.Error("the words of the old key count for the new one")
	}
	acme.do(desk.Confirm(ctx, globex.host(), words))
	if p := acme.stands(globex); p.State != string(agreement.StateSuspended) {
		t.Errorf("whoever compares the words resumes: it is %s", p.State)
	}
	pump(t, acme, globex)
	acme.do(desk.Resume(ctx, globex.host(), ""))
}

// Who has lost its agreements learns them from a side that has changed its keys since.
func TestWhatOldKeysSignedIsSignedAnew(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	changesItsKey(t, acme, globex)
	acme.exec("DELETE FROM partnerships")
	acme.exec("DELETE FROM partners")
	globex.do(globex.Partnerships().Tick(t.Context()))
	globex.do(globex.TellPartner(t.Context(), store.TellPartner{Host: acme.host(), Agreement: globex.stands(acme).ID, Verb: partnership.Update}))
	if p := acme.stands(globex); p.State != string(agreement.StateSuspended) {
		t.Errorf("acme has learnt nothing: it is %q", p.State)
	}
}

// A new key stops everything also where whoever has it says nothing.
func TestAKeyThatChangedIsNoticedByWhoLooks(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]func(acme, globex *company) error{
		"verify": func(acme, globex *company) error {
			_, _, err := acme.Partnerships().Compare(t.Context(), globex.host())
			return err
		},
		"the daily digest": func(acme, globex *company) error {
			return acme.TellPartner(t.Context(), store.TellPartner{Host: globex.host(), Verb: partnership.Update})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acme, globex := agreed(t)
			changesItsKey(t, acme, globex)
			acme.do(look(acme, globex))
			if p := acme.stands(globex); p.State != string(agreement.StateSuspended) {
				t.Errorf("it is %s", p.State)
			}
			staysUntilCompared(t, acme, globex)
		})
	}
}

func TestSilenceSuspends(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	for _, c := range []struct {
		after time.Duration
		want  agreement.State
	}{{limits.PartnerSilence - time.Hour, agreement.StateActive}, {limits.PartnerSilence + time.Hour, agreement.StateSuspended}} {
		acme.ahead.Store(int64(c.after))
		acme.do(acme.Partnerships().Tick(t.Context()))
		if got := acme.stands(globex).State; got != string(c.want) {
			t.Errorf("after %s without a word it is %s", c.after, got)
		}
	}
}

func TestADigestIsSentOnceADay(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	for after, want := range map[time.Duration]int{limits.PartnerDigest - time.Minute: 0, limits.PartnerDigest + time.Minute: 1} {
		acme.ahead.Store(int64(after))
		acme.exec("UPDATE partnerships SET told_at = NULL")
		acme.do(acme.Partnerships().Tick(t.Context()))
		acme.do(acme.Partnerships().Tick(t.Context()))
		n, err := acme.db.Drain(t.Context(), 1000, func([]store.Promise) error { return nil })
		acme.do(err)
		if n != want {
			t.Errorf("after %s there are %d messages to %s", after, n, globex.host())
		}
	}
}

// Whoever writes the names of hosts makes us ask few of them for keys.
func TestStrangersMakeUsAskForFewKeys(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	acme.ahead.Store(0)
	say := func(from, host string) string {
		body := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"https://%[1]s/1","type":"Update","actor":"https://%[1]s/actor","to":[%[2]q],
			"published":%[3]q,"object":{"type":"StateDigest"}}`, host, acme.InstanceActor(), acme.Now().Format(time.RFC3339))
		return activity.FaultOf(acme.Partnerships().Receive(t.Context(), []byte(body), from)).Reason
	}
	for n := range limits.StrangerKeys + 1 {
		if got := say(fmt.Sprint("address ", n), "nobody.example"); (got == "asked_lately") != (n >= limits.StrangerKeys) {
			t.Fatalf("the %d. time: %s", n+1, got)
		}
	}
	acme.ahead.Add(int64(limits.StrangerKeysEvery + time.Second))
	if got := say("another address", "nobody.example"); got == "asked_lately" {
		t.Error("a minute later it is not asked again")
	}
	refused := 0
	for n := range 2 * limits.StrangersKeys {
		if say(fmt.Sprint("many ", n), fmt.Sprintf("h%d.example", n)) == "asked_lately" {
			refused++
		}
	}
	if refused == 0 || refused > limits.StrangersKeys+limits.StrangerKeys {
		t.Errorf("%d of %d are not asked for", refused, 2*limits.StrangersKeys)
	}
}

// One address does not keep all the others from making offers.
func TestOneAddressMakesUsAskForFewKeysOfStrangers(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), found(t, "globex", false)
	forge := func(address, host string) *httptest.ResponseRecorder {
		body := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"http://%[1]s/1","type":"Update","actor":"http://%[1]s/actor","to":[%[2]q],
			"published":%[3]q,"object":{"type":"StateDigest"}}`, host, acme.InstanceActor(), acme.Now().Format(time.RFC3339))
		r := httptest.NewRequestWithContext(t.Context(), "POST", acme.House.URL+"/inbox", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/activity+json")
		return acme.from(address, r)
	}
	for n := range 2 * limits.StrangersKeys { // of other hosts, and of the one that will come
		host := globex.House.Host
		if n >= limits.StrangersKeys {
			host = fmt.Sprintf("h%d.localhost", n)
		}
		w := forge("192.0.2.1:1", host)
		if isLate := strings.Contains(w.Body.String(), "asked_lately"); isLate != (n >= limits.StrangerKeysEach) || isLate && w.Header().Get("Retry-After") == "" {
			t.Fatalf("number %d: %d %s", n, w.Code, w.Body)
		}
	}
	if w := forge("192.0.2.2:1", globex.House.Host); strings.Contains(w.Body.String(), "asked_lately") {
		t.Errorf("who comes from elsewhere: %d %s", w.Code, w.Body)
	}
	acme.ahead.Add(int64(limits.StrangerKeysEachEvery + time.Second))
	if w := forge("192.0.2.1:1", globex.House.Host); strings.Contains(w.Body.String(), "asked_lately") {
		t.Errorf("a while later: %d %s", w.Code, w.Body)
	}
}

// What was said to another instance, or an hour ago, is not said again by somebody else.
func TestMessagesBetweenInstancesAreNotSaidAgain(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	sealed := func(to activity.ID, at time.Time, keys string) []byte {
		secret, err := globex.db.Secret(t.Context(), globex.itself().Key, store.Ed25519)
		globex.do(err)
		key, err := httpsign.ParsePrivateKey(secret.PEM)
		globex.do(err)
		raw, err := proof.Sign([]byte(fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s#1","type":"Update","actor":%[1]q,"to":[%[2]q],"published":%[3]q,
			"object":{"type":"StateDigest","keys":[%[4]s]}}`, globex.InstanceActor(), to, at.Format(time.RFC3339), keys)), httpsign.Signer{KeyID: secret.KeyID, Key: key}, time.Now())
		globex.do(err)
		return raw
	}
	for want, body := range map[string][]byte{
		"not_for_us":    sealed("https://mallory.example/actor", time.Now(), ""),
		"too_old":       sealed(acme.InstanceActor(), time.Now().Add(-limits.ClockSkew-time.Minute), ""),
		"key_malformed": sealed(acme.InstanceActor(), time.Now(), `""`),
	} {
		if got := activity.FaultOf(acme.Partnerships().Receive(t.Context(), body, "an address")).Reason; got != want {
			t.Errorf("refused for %q, not %s", got, want)
		}
	}
	acme.do(acme.Partnerships().Receive(t.Context(), sealed(acme.InstanceActor(), time.Now(), ""), "an address"))
}

func TestStrangersOffersAreFew(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), found(t, "globex", false)
	acme.exec(fmt.Sprintf(`INSERT INTO partnerships (id, host, other, knowledge, state, made_at)
		SELECT 'https://h' || n || '.example/p', 'h' || n || '.example', '', '{}', 'proposed', now() FROM generate_series(1, %d) AS n`, limits.OpenOffers-1))
	acme.do(globex.Partnerships().Propose(t.Context(), acme.host(), everything()))
	pump(t, acme, globex)
	if acme.stands(globex).State != string(agreement.StateProposed) {
		t.Fatal("the last one that there is room for is refused")
	}
	initech := found(t, "initech", false)
	acme.do(initech.Partnerships().Propose(t.Context(), acme.host(), everything()))
	err := initech.TellPartner(t.Context(), store.TellPartner{Host: acme.host(), Agreement: initech.stands(acme).ID, Verb: partnership.Offer})
	if err == nil || !strings.Contains(err.Error(), "many_offers") {
		t.Errorf("one more: %v", err)
	}
}

// Nobody makes, changes or sees an agreement in the name of others.
func TestAgreementsAreOfTheirParties(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	mallory := found(t, "mallory", false)
	p := globex.stands(acme)
	// Mallory keeps what Globex knows, and tells Acme.
	mallory.tx(func(tx *store.Tx) error {
		p.Other, p.Host = acme.InstanceActor(), acme.host()
		return tx.PutPartnership(t.Context(), p)
	})
	before := acme.stands(globex)
	if err := mallory.TellPartner(t.Context(), store.TellPartner{Host: acme.host(), Agreement: p.ID, Verb: partnership.Delete}); err == nil {
		t.Error("somebody else tells of the agreement")
	}
	if now := acme.stands(globex); string(now.Knowledge) != string(before.Knowledge) || now.State != before.State {
		t.Error("something was learnt")
	}
}

// What is posted while an agreement is suspended is not lost, and does not get out.
func TestWhatIsPostedWhileSuspendedWaits(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	ctx := t.Context()
	alice, boris := acme.person("alice"), globex.person("boris")
	globex.do(globex.Follow(ctx, boris, globex.sees(alice)))
	pump(t, acme, globex)
	acme.do(acme.Partnerships().Suspend(ctx, globex.host(), ""))
	pump(t, acme, globex)
	_, err := acme.Post(ctx, alice, federation.Draft{Text: "while it is suspended"})
	acme.do(err)
	var held []store.Deliver
	for range 3 {
		_, err = acme.db.Drain(ctx, 1000, func(ps []store.Promise) error {
			for _, p := range ps {
				if p.Kind != "fan" {
					continue
				}
				held = acme.fans(p.Payload)
			}
			return nil
		})
		acme.do(err)
	}
	if len(held) != 1 {
		t.Fatalf("%d deliveries are kept", len(held))
	}
	if err := acme.Deliver(ctx, held[0]); activity.FaultOf(err).Reason != policy.Suspended {
		t.Errorf("it goes: %v", err)
	}
	acme.do(acme.Partnerships().Resume(ctx, globex.host(), ""))
	pump(t, acme, globex)
	acme.do(acme.Deliver(ctx, held[0]))
	pump(t, acme, globex)
	if got := globex.home(boris); len(got) != 1 {
		t.Errorf("boris sees %q", got)
	}
}

// fans are the deliveries that a fan stands for.
func (c *company) fans(payload string) []store.Deliver {
	c.t.Helper()
	var f store.Fan
	c.do(json.Unmarshal([]byte(payload), &f))
	all, err := c.Deliveries(c.t.Context(), f)
	return must(c, all, err)
}

// After a restore nothing passes until the other side has answered and somebody has said so.
func TestARestoredInstanceIsFenced(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	ctx := t.Context()
	hosts, err := acme.Partnerships().Fence(ctx, nil)
	acme.do(err)
	if len(hosts) != 1 || acme.lets(globex, agreement.Follow) {
		t.Fatalf("fenced: %v", hosts)
	}
	if err := acme.Partnerships().Resume(ctx, globex.host(), ""); activity.FaultOf(err).Reason != "not_confirmed" {
		t.Errorf("it goes on before the other side has answered: %v", err)
	}
	pump(t, acme, globex)
	isState(t, agreement.StateSuspended, acme, globex)
	acme.do(acme.Partnerships().Resume(ctx, globex.host(), ""))
	pump(t, acme, globex)
	isState(t, agreement.StateActive, acme, globex)
}

// Who was refused does not get around the pause by taking the offer back, a long time ago.
func TestWhoWasRefusedCannotHaveWithdrawn(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme", false), found(t, "globex", false)
	ctx := t.Context()
	acme.do(acme.Partnerships().Propose(ctx, globex.host(), everything()))
	pump(t, acme, globex)
	globex.do(globex.Partnerships().Decline(ctx, acme.host(), "no"))
	acme.ahead.Store(int64(-2 * limits.OfferPause))
	acme.do(acme.Partnerships().Decline(ctx, globex.host(), "taken back")) // before it has heard
	acme.ahead.Store(0)
	pump(t, acme, globex)
	isState(t, agreement.StateDeclined, acme, globex)
	for _, pair := range [][2]*company{{acme, globex}, {globex, acme}} {
		if err := pair[0].Partnerships().Propose(ctx, pair[1].host(), everything()); activity.FaultOf(err).Reason != "declined_lately" {
			t.Errorf("%s offers again at once: %v", pair[0].host(), err)
		}
	}
}

// Whom an admin has taken away no digest brings back, nor anything else that the other side
// says of the agreement.
func TestAPartnerThatWasTakenAwayStaysAway(t *testing.T) {
	t.Parallel()
	acme, globex := agreed(t)
	ctx := t.Context()
	acme.tx(func(tx *store.Tx) error {
		_, err := tx.RemovePartner(ctx, globex.host())
		return err
	})
	acme.ahead.Store(int64(limits.PartnerDigest + time.Minute))
	globex.ahead.Store(acme.ahead.Load())
	for _, change := range []func() error{
		func() error { return globex.Partnerships().Tick(ctx) },
		func() error { return acme.Partnerships().Tick(ctx) },
		func() error { return globex.Partnerships().Suspend(ctx, acme.host(), "") },
		func() error { return globex.Partnerships().Resume(ctx, acme.host(), "") },
	} {
		acme.do(change())
		pump(t, acme, globex)
		if _, err := acme.db.Partner(ctx, globex.host()); activity.KindOf(err) != activity.NotFound {
			t.Fatalf("it is back: %v", err)
		}
	}
}
