package remote

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// ring are keys of every kind, each under its own id.
var ring = sync.OnceValue(func() Keys {
	ed, err := httpsign.NewEd25519()
	must(err)
	old, err := httpsign.NewEd25519()
	must(err)
	return Keys{
		RSA: httpsign.Signer{KeyID: "https://us.test/actor#rsa", Key: key()}, Ed25519: httpsign.Signer{KeyID: "https://us.test/actor#ed", Key: ed},
		Before: &Keys{RSA: httpsign.Signer{KeyID: "https://us.test/actor#old-rsa", Key: key()}, Ed25519: httpsign.Signer{KeyID: "https://us.test/actor#old-ed", Key: old}},
	}
})

// reader is a server that takes requests in some dialects, under some keys. What it
// saw are the dialect and the key of each, if the signature is good.
type reader struct {
	t     *testing.T
	takes func(seen string) int // the status
	offer string                // Accept-Signature

	mu   sync.Mutex
	seen []string
}

func (s *reader) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	seen := s.verify(r, body)
	s.mu.Lock()
	s.seen = append(s.seen, seen)
	s.mu.Unlock()
	if s.offer != "" {
		w.Header().Set("Accept-Signature", s.offer)
	}
	status := s.takes(seen)
	if status == http.StatusOK && r.Method == http.MethodGet {
		note("https://good.test"+r.RequestURI)(w, r)
		return
	}
	w.WriteHeader(status)
}

func (s *reader) verify(r *http.Request, body []byte) string {
	sig, err := httpsign.Parse(r, "https://good.test")
	if err != nil {
		s.t.Error(err)
		return err.Error()
	}
	_, name, _ := strings.Cut(string(sig.KeyID), "#")
	var public crypto.PublicKey = key().Public()
	for _, k := range []httpsign.Signer{ring().Ed25519, ring().Before.Ed25519} {
		if k.KeyID == sig.KeyID {
			public = k.Key.(ed25519.PrivateKey).Public()
		}
	}
	if err := sig.Verify(r, body, public, anytime, []string{"good.test"}); err != nil {
		s.t.Error(err)
	}
	return string(sig.Dialect()) + " " + name
}

func (s *reader) saw() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// only takes these and refuses the rest.
func only(status int, taken ...string) func(string) int {
	return func(seen string) int {
		if slices.Contains(taken, seen) {
			return http.StatusOK
		}
		return status
	}
}

// knocking is a client that remembers, and the server that it calls.
func knocking(t *testing.T, s *reader) (*Client, *store.Store) {
	t.Helper()
	s.t = t
	w, _ := newWorld(t, map[string]http.HandlerFunc{"good.test": s.ServeHTTP})
	db := storetest.New(t)
	return w.client(t, Options{Dialects: NewDialects(db, slog.New(slog.NewTextHandler(t.Output(), nil)))}), db
}

func young() Keys { return Keys{RSA: ring().RSA, Ed25519: ring().Ed25519} }

func TestASecondKnockIsRememberedByEveryProcess(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401} {
		s := &reader{takes: only(status, "rfc9421 rsa")}
		c, db := knocking(t, s)
		w, _ := newWorld(t, map[string]http.HandlerFunc{"good.test": s.ServeHTTP})
		other := w.client(t, Options{Dialects: NewDialects(db, slog.Default())})
		must(c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), young()))
		if saw := s.saw(); !slices.Equal(saw, []string{"cavage rsa", "rfc9421 rsa"}) {
			t.Fatalf("knocked %q", saw)
		}
		for _, c := range []*Client{c, other} {
			_, err := c.Fetch(t.Context(), "https://good.test/x", young())
			must(err)
			if saw := s.saw(); !slices.Equal(saw, []string{"rfc9421 rsa"}) {
				t.Fatalf("afterwards knocked %q", saw)
			}
		}
	}
}

func TestWhatWasTakenIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 202, 403, 404, 410, 413, 429, 500, 503} {
		s := &reader{takes: func(string) int { return status }}
		c, _ := knocking(t, s)
		err := c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), ring())
		if saw := s.saw(); len(saw) != 1 || err == nil != isOK(status) {
			t.Errorf("%d: knocked %q, %v", status, saw, err)
		}
	}
}

func TestWhoIsRefusedEverywhereIsTriedAgainIfOneDialectIsAnswered401(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answers map[string]int
		keys    Keys
		kind    activity.Kind
		reason  string
	}{
		"400 in both":           {map[string]int{"cavage rsa": 400, "rfc9421 rsa": 400}, young(), activity.Invalid, "refused_400"},
		"401 in both":           {map[string]int{"cavage rsa": 401, "rfc9421 rsa": 401}, young(), activity.Later, "refused_401"},
		"400, then 401":         {map[string]int{"cavage rsa": 400, "rfc9421 rsa": 401}, young(), activity.Later, "refused_401"},
		"401, then 400":         {map[string]int{"cavage rsa": 401, "rfc9421 rsa": 400}, young(), activity.Later, "refused_401"},
		"401 for the old key":   {map[string]int{"cavage rsa": 400, "rfc9421 rsa": 400, "cavage old-rsa": 401}, ring(), activity.Invalid, "refused_400"},
		"the old key's is last": {map[string]int{"cavage rsa": 400, "rfc9421 rsa": 401, "cavage old-rsa": 400}, ring(), activity.Later, "refused_401"},
	} {
		s := &reader{takes: func(seen string) int { return tc.answers[seen] }}
		c, db := knocking(t, s)
		err := c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), tc.keys)
		if f := activity.FaultOf(err); f.Kind != tc.kind || f.Reason != tc.reason {
			t.Errorf("%s: %v", name, err)
		}
		if saw := s.saw(); len(saw) != len(tc.answers) {
			t.Errorf("%s: knocked %q", name, saw)
		}
		if dialect, _, err := db.Dialect(t.Context(), "good.test"); err != nil || dialect != "" {
			t.Errorf("%s: learnt %q, %v", name, dialect, err)
		}
	}
}

func TestAHostIsAnsweredInTheDialectThatItSpeaks(t *testing.T) {
	t.Parallel()
	claims := func(hrefs ...activity.ID) activity.Actor {
		a := activity.Actor{ID: "https://good.test/actor", Generator: &activity.Generator{}}
		for _, h := range hrefs {
			a.Generator.Implements = append(a.Generator.Implements, activity.Implements{Href: h})
		}
		return a
	}
	for name, tc := range map[string]struct {
		learn func(*Dialects)
		want  []string
	}{
		"nothing is known":          {func(*Dialects) {}, []string{"cavage rsa"}},
		"it claims RFC 9421":        {func(d *Dialects) { d.Read(t.Context(), claims(implementsMessage)) }, []string{"rfc9421 rsa"}},
		"it claims Ed25519 as well": {func(d *Dialects) { d.Read(t.Context(), claims(implementsMessage, implementsEd25519)) }, []string{"rfc9421 ed"}},
		"it claims something else":  {func(d *Dialects) { d.Read(t.Context(), claims(implementsEd25519+"x")) }, []string{"cavage rsa"}},
		"it sent RFC 9421":          {func(d *Dialects) { d.Heard(t.Context(), "good.test", Message) }, []string{"rfc9421 rsa"}},
		"it sent Ed25519":           {func(d *Dialects) { d.Heard(t.Context(), "good.test", MessageEd) }, []string{"rfc9421 ed"}},
		"it sent draft-cavage":      {func(d *Dialects) { d.Heard(t.Context(), "good.test", Cavage) }, []string{"cavage rsa"}},
		"Ed25519, and then RSA": {func(d *Dialects) {
			d.Heard(t.Context(), "good.test", MessageEd)
			d.Heard(t.Context(), "good.test", Message)
		}, []string{"rfc9421 ed"}},
		"another host claims something": {func(d *Dialects) { d.Heard(t.Context(), "evil.test", MessageEd) }, []string{"cavage rsa"}},
		"that is long ago":              {func(d *Dialects) { d.keep(t.Context(), "good.test", MessageEd, -time.Second) }, []string{"cavage rsa"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &reader{takes: func(string) int { return 200 }}
			c, _ := knocking(t, s)
			tc.learn(c.Dialects())
			must(c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), young()))
			if saw := s.saw(); !slices.Equal(saw, tc.want) {
				t.Errorf("knocked %q, want %q", saw, tc.want)
			}
		})
	}
}

func TestAClaimThatFailsIsNotBelievedForADay(t *testing.T) {
	t.Parallel()
	s := &reader{takes: only(401, "cavage rsa")}
	c, db := knocking(t, s)
	for range 2 {
		c.Dialects().Heard(t.Context(), "good.test", MessageEd)
		must(c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), young()))
	}
	if saw := s.saw(); !slices.Equal(saw, []string{"rfc9421 ed", "cavage rsa", "cavage rsa"}) {
		t.Errorf("knocked %q", saw)
	}
	if _, until, err := db.Dialect(t.Context(), "good.test"); err != nil || time.Until(until) > limits.DialectEvery {
		t.Errorf("remembered until %v, %v", until, err)
	}
}

func TestTheSecondKnockIsWhatTheRefusalAsksFor(t *testing.T) {
	t.Parallel()
	for offer, want := range map[string]string{
		httpsign.AcceptSignature:                                       "rfc9421 rsa",
		`sig1=("@method");alg="ed25519"`:                               "rfc9421 ed",
		`a=("@method");alg="hmac-sha256", b=("@method");alg="ed25519"`: "rfc9421 ed",
		`sig1=("@method`:                                               "rfc9421 rsa",
		`sig1=?1`:                                                      "rfc9421 rsa",
	} {
		s := &reader{takes: only(401, want), offer: offer}
		c, _ := knocking(t, s)
		must(c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), young()))
		if saw := s.saw(); !slices.Equal(saw, []string{"cavage rsa", want}) {
			t.Errorf("%s: knocked %q", offer, saw)
		}
	}
	s := &reader{takes: only(401, "rfc9421 rsa"), offer: `sig1=("@method" "@target-uri");alg="rsa-v1_5-sha256"`}
	c, _ := knocking(t, s)
	c.Dialects().Heard(t.Context(), "good.test", MessageEd)
	must(c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), young()))
	if saw := s.saw(); !slices.Equal(saw, []string{"rfc9421 ed", "rfc9421 rsa"}) {
		t.Errorf("knocked %q", saw)
	}
}

func TestTheKeysFromBeforeAreTriedLast(t *testing.T) {
	t.Parallel()
	s := &reader{takes: only(400, "cavage old-rsa")}
	c, db := knocking(t, s)
	must(c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), ring()))
	if saw := s.saw(); !slices.Equal(saw, []string{"cavage rsa", "rfc9421 rsa", "cavage old-rsa"}) {
		t.Errorf("knocked %q", saw)
	}
	if dialect, _, err := db.Dialect(t.Context(), "good.test"); err != nil || dialect != "" {
		t.Errorf("an old key taught %q, %v", dialect, err)
	}
	must(c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), ring().OldFirst()))
	if saw := s.saw(); !slices.Equal(saw, []string{"cavage old-rsa"}) {
		t.Errorf("the news of the rotation knocked %q", saw)
	}
}

func TestAQueryIsLeftOutInDraftCavageOnly(t *testing.T) {
	t.Parallel()
	s := &reader{takes: only(401, "nothing")}
	w, _ := newWorld(t, map[string]http.HandlerFunc{"good.test": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(s.takes("")) }})
	c := w.client(t, Options{})
	_, err := c.Fetch(t.Context(), "https://good.test/x?page=2", young())
	wantFault(t, err, activity.Later, "refused_401")
	if n := len(w.saw("get")); n != 3 {
		t.Errorf("asked %d times", n)
	}
}

func TestSoManyDialectsAreKnownAtOnce(t *testing.T) {
	t.Parallel()
	d, most := NewDialects(nil, nil), 0
	for n := range limits.Dialects + 1 {
		d.learn(fmt.Sprint(n), spoken{dialect: Cavage})
		most = max(most, len(d.known))
	}
	if most != limits.Dialects || len(d.known) != 1 {
		t.Errorf("at most %d were known, and %d in the end", most, len(d.known))
	}
}
