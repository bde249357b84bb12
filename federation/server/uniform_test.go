package server_test

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
)

// twins are pairs of requests that must be answered alike: for something that is
// not there, and for something that the one who asks may not know of.
type twin struct {
	name            string
	missing, secret func() *http.Request
}

// twins are asked by ivan of Initech, for whom nothing in the vault is.
func (v *vault) twins(initech *stranger, ivan string) []twin {
	get := func(path string) func() *http.Request {
		return func() *http.Request { return initech.signed(v.company, "GET", path, ivan, nil) }
	}
	post := func(path string) func() *http.Request {
		return func() *http.Request {
			body, err := json.Marshal(map[string]any{"id": ivan + "#like", "type": "Like", "actor": ivan, "object": ivan})
			v.do(err)
			return initech.signed(v.company, "POST", path, ivan, body)
		}
	}
	finger := func(resource string) func() *http.Request {
		return func() *http.Request { return unsigned(v.company, "GET", "/.well-known/webfinger?resource="+resource) }
	}
	none := "7" + v.secrets[0].Key.String()[1:] // as long as a real one
	all := []twin{
		{"an inbox", post("/groups/alpha/inbox"), post("/groups/atlas/inbox")},
		{"WebFinger by name", finger("acct:alpha@" + v.Host), finger("acct:atlas@" + v.Host)},
		{"WebFinger by id", finger(v.URL + "/groups/alpha"), finger(v.URL + "/groups/atlas")},
		{"WebFinger by page", finger(v.URL + "/@alpha"), finger(v.URL + "/@atlas")},
		{"an activity", get("/activities/" + none), get("/activities/" + v.secretKeys[2])},
	}
	for _, path := range []string{"", "/outbox", "/followers", "/followers?page=1", "/following", "/featured", "/moderators"} {
		all = append(all, twin{"a group" + path, get("/groups/alpha" + path), get("/groups/atlas" + path)})
	}
	for i, what := range []string{"for followers", "for one", "in a group", "an answer"} {
		all = append(all, twin{"a note " + what, get("/notes/" + none), get("/notes/" + v.secrets[i].Key.String())},
			twin{"replies to a note " + what, get("/notes/" + none + "/replies"), get("/notes/" + v.secrets[i].Key.String() + "/replies")})
	}
	gone, err := v.Post(v.t.Context(), v.alice, federation.Draft{Text: "hush, gone", Visibility: activity.VisibleFollowers})
	v.do(err)
	v.do(v.Delete(v.t.Context(), v.alice, gone))
	return append(all, twin{"a note that is gone", get("/notes/" + none), get("/notes/" + gone.Key.String())})
}

func (v *vault) answers(r *http.Request) *httptest.ResponseRecorder { return v.from("192.0.2.1:1", r) }

func TestAttack19MissingAndSecretThingsAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	v, initech := newVault(t), newStranger(t, "initech")
	v.isPartnerOf(initech)
	for _, twin := range v.twins(initech, initech.person("ivan")) {
		missing, secret := v.answers(twin.missing()), v.answers(twin.secret())
		if missing.Code != http.StatusNotFound || secret.Code != missing.Code || secret.Body.String() != missing.Body.String() || !reflect.DeepEqual(secret.Header(), missing.Header()) {
			t.Errorf("%s: missing gives %d %s %v, secret %d %s %v", twin.name, missing.Code, missing.Body, missing.Header(), secret.Code, secret.Body, secret.Header())
		}
	}
}

// How the times of two kinds of requests are compared: lead is the share of pairs
// in which the second takes longer (Mann and Whitney's statistic), a half where
// nothing can be told. The samples are taken by turns and the rounds are repeated
// before anything is said, so that a busy machine is no finding.
const (
	samples    = 40
	foundOut   = 0.12
	sureRounds = 6 // whose mean is within 0.02 of the truth, two times of three
	mostRounds = 12
)

func lead(first, second func()) float64 {
	took := func(fn func()) time.Duration {
		began := time.Now()
		fn()
		return time.Since(began)
	}
	var a, b []time.Duration
	for i := range samples {
		if i%2 == 0 {
			a, b = append(a, took(first)), append(b, took(second))
		} else {
			b, a = append(b, took(second)), append(a, took(first))
		}
	}
	slices.Sort(a)
	longer := 0.0
	for _, d := range b {
		at, equal := slices.BinarySearch(a, d)
		longer += float64(at)
		if equal {
			longer += 0.5
		}
	}
	return longer / float64(len(a)*len(b))
}

// tells says whether the second kind takes another time than the first. Rounds are
// added until it is plain: near a half nothing can be told, usually after the second
// one, and only what stays far from it is a finding.
func tells(first, second func()) (bool, float64) {
	sum := 0.0
	for round := 1; ; round++ {
		sum += lead(first, second)
		mean := sum / float64(round)
		switch off := math.Abs(mean - 0.5); {
		case round > 1 && off < foundOut/2, round == mostRounds:
			return off > foundOut, mean
		case off > foundOut && round >= sureRounds:
			return true, mean
		}
	}
}

func TestAttack19NobodyCanTellSecretFromMissingByTheTime(t *testing.T) {
	v, initech := newVault(t), newStranger(t, "initech")
	v.isPartnerOf(initech)
	ask := func(fn func() *http.Request) func() {
		r := fn()
		return func() {
			again := r.Clone(r.Context())
			if r.GetBody != nil {
				again.Body, _ = r.GetBody()
			}
			v.answers(again)
		}
	}
	timed := []string{"an inbox", "WebFinger by name", "an activity", "a group", "a note in a group"}
	var missing func()
	for _, twin := range v.twins(initech, initech.person("ivan")) {
		if !slices.Contains(timed, twin.name) {
			continue
		}
		missing = ask(twin.missing)
		secret := ask(twin.secret)
		found, mean := tells(missing, secret)
		t.Logf("%s: %.2f", twin.name, mean)
		if found {
			t.Errorf("%s: the secret one takes longer in %.2f of the pairs", twin.name, mean)
		}
	}
	for name, more := range map[string]func(){ // else the above says nothing
		"one query more":       func() { _, _ = v.db.IsPartner(t.Context(), "x.example", time.Now()) },
		"one millisecond more": func() { time.Sleep(time.Millisecond) },
	} {
		longer := func() { missing(); more() }
		found, mean := tells(missing, longer)
		for tries := 0; !found && tries < 3; tries++ { // on a busy machine
			found, mean = tells(missing, longer)
		}
		t.Logf("%s: %.2f", name, mean)
		if !found {
			t.Errorf("%s is not noticed: it takes longer in %.2f of the pairs", name, mean)
		}
	}
}
