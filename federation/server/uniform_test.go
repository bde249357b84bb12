package server_test

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
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
	for i, what := range []string{"for followers", "for one", "in a group", "an answer"} {
		all = append(all, twin{"leave to quote a note " + what, get("/stamps/" + none), get("/stamps/" + v.stampKeys[i])})
	}
	for _, path := range []string{"", "/outbox", "/followers", "/followers?page=1", "/following", "/followers_synchronization", "/featured", "/moderators", "/succession"} {
		all = append(all, twin{"a group" + path, get("/groups/alpha" + path), get("/groups/atlas" + path)})
	}
	all = append(all, twin{"a topic", get("/groups/alpha/topics/" + none), get("/groups/atlas/topics/" + v.topic.Key())})
	for i, what := range []string{"for followers", "for one", "in a group", "an answer"} {
		all = append(all, twin{"a note " + what, get("/notes/" + none), get("/notes/" + v.secrets[i].Key.String())},
			twin{"replies to a note " + what, get("/notes/" + none + "/replies"), get("/notes/" + v.secrets[i].Key.String() + "/replies")},
			twin{"the thread of a note " + what, get("/notes/" + none + "/context"), get("/notes/" + v.secrets[i].Key.String() + "/context")})
	}
	gone, err := v.Post(v.t.Context(), v.alice, federation.Draft{Text: "hush, gone", Visibility: activity.VisibleFollowers})
	v.do(err)
	v.do(v.Delete(v.t.Context(), v.alice, gone))
	all = append(all, v.pictures(none, get)...)
	return append(all, twin{"a note that is gone", get("/notes/" + none), get("/notes/" + gone.Key.String())},
		twin{"a boost that is undone", get("/activities/" + none), get("/activities/" + v.unboosted())})
}

// unboosted is a boost of alice's that she has taken back.
func (v *vault) unboosted() string {
	v.takes(v.globex, v.globex.create(v.bea, "/notes/boosted", "for all"))
	n := v.note(activity.ID(v.globex.id("/notes/boosted")))
	e, err := v.Boost(v.t.Context(), v.alice, n)
	v.do(err)
	v.do(v.Unboost(v.t.Context(), v.alice, n))
	return path.Base(string(e.IRI))
}

// pictures are asked for by ivan, and by nina of our own people, for whom they are not either.
func (v *vault) pictures(none string, get func(path string) func() *http.Request) []twin {
	ctx, nina := v.t.Context(), v.person("nina")
	m := v.sends(v.alice, drawing(v.t))
	_, err := v.Post(ctx, v.alice, federation.Draft{Text: "hush, look, @bea@" + v.globex.host, Visibility: activity.VisibleDirect, Media: []store.Key{m.Key}})
	v.do(err)
	doc := v.globex.create(v.bea, "/notes/seen", "hush, see")
	doc["to"] = v.alice.ID
	note := doc["object"].(map[string]any)
	note["to"], note["attachment"] = v.alice.ID, map[string]any{"type": "Document", "mediaType": "image/png", "url": v.globex.id("/a.png")}
	v.globex.send(v.company, doc)
	pump(v.t, v.company)
	links := v.links(nina)
	show := func(address string) func() *http.Request {
		path := strings.TrimPrefix(address, v.URL)
		return func() *http.Request { return unsigned(v.company, "GET", path) }
	}
	key, err := store.ParseKey(none)
	v.do(err)
	theirs := v.note(activity.ID(v.globex.id("/notes/seen")))
	unknown := theirs
	unknown.Key = key
	return []twin{
		{"a picture", get("/media/" + none), get("/media/" + m.Key.String())},
		{"a picture by a link", show(links.Own(key)), show(links.Own(m.Key))},
		{"a partner's picture by a link", show(links.Of(unknown, 0)), show(links.Of(theirs, 0))},
	}
}

func (v *vault) answers(r *http.Request) *httptest.ResponseRecorder { return v.from("192.0.2.1:1", r) }

func TestAttack19MissingAndSecretThingsAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	v, initech := newVault(t), newStranger(t, "initech")
	v.isPartnerOf(initech)
	routes, asked := http.NewServeMux(), map[string]bool{}
	for _, route := range v.doors.Table() {
		routes.HandleFunc(route.Pattern, func(http.ResponseWriter, *http.Request) {})
	}
	defer func() {
		for _, route := range v.doors.Table() { // our people are known to every partner
			if strings.Contains(route.Pattern, "{") && !strings.Contains(route.Pattern, "/users/") && !asked[route.Pattern] {
				t.Errorf("there are no twins at %s", route.Pattern)
			}
		}
	}()
	for _, twin := range v.twins(initech, initech.person("ivan")) {
		_, pattern := routes.Handler(twin.secret())
		asked[pattern] = true
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
	foundOut   = 0.12 // from a half, behind the beat
	moreWork   = 0.33 // the same without the beat, where one query more is nearly a half
	sureRounds = 6    // whose mean is within 0.02 of the truth, two times of three
	mostRounds = 12
	plain      = 0.45 // from a half: nearly all pairs, which no noise does twice
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

// tells says whether the second kind takes another time than the first: whether lead
// is further than far from a half. Rounds are added until it is plain: near a half
// nothing can be told, usually after the second one, and only what stays far from it,
// or is beyond all doubt, is a finding.
func tells(far float64, first, second func()) (bool, float64) {
	sum := 0.0
	for round := 1; ; round++ {
		sum += lead(first, second)
		mean := sum / float64(round)
		switch off := math.Abs(mean - 0.5); {
		case round > 1 && (off < far/2 || off > plain), round == mostRounds:
			return off > far, mean
		case off > far && round >= sureRounds:
			return true, mean
		}
	}
}

// asks makes a request of a kind again and again.
func (v *vault) asks(fn func() *http.Request) func() { return v.laboured(fn, nil) }

// laboured is the same for a POST whose handler has more to do: work is in the middle
// of it, where whatever could tell a secret would be, and before the wait for the beat.
func (v *vault) laboured(fn func() *http.Request, work func()) func() {
	r := fn()
	return func() {
		again := r.Clone(r.Context())
		if r.GetBody != nil {
			again.Body, _ = r.GetBody()
		}
		if work != nil {
			again.Body = labour{again.Body, work}
		}
		v.answers(again)
	}
}

// labour is a body that does something before it is read.
type labour struct {
	io.ReadCloser
	work func()
}

func (l labour) Read(b []byte) (int, error) {
	l.work()
	return l.ReadCloser.Read(b)
}

// differs fails unless two kinds are told apart, or not, as is said. What does not come
// out so is asked again: the machine may be busy, and what is so stays so.
func differs(t *testing.T, name string, far float64, should bool, first, second func()) {
	t.Helper()
	found, mean := tells(far, first, second)
	for tries := 0; found != should && tries < 3; tries++ {
		found, mean = tells(far, first, second)
	}
	t.Logf("%s: %.2f", name, mean)
	if found != should {
		t.Errorf("%s: told apart: %v, not %v; the second takes longer in %.2f of the pairs", name, found, should, mean)
	}
}

// oneQuery is what a handler would do that looks further for what there is.
func (v *vault) oneQuery() {
	_, _ = v.db.VisibleNote(v.t.Context(), v.secrets[0].Key, store.Reader{})
}

// What is missing takes the same work as what is secret, also where no beat hides it.
func TestAttack19MissingAndSecretThingsTakeTheSameWork(t *testing.T) {
	v, initech := newVault(t), newStranger(t, "initech")
	v.isPartnerOf(initech)
	v.doors.Bare()
	twins := v.twins(initech, initech.person("ivan"))
	for _, twin := range twins {
		differs(t, twin.name, moreWork, false, v.asks(twin.missing), v.asks(twin.secret))
	}
	inbox := twins[0].missing // else the above says nothing
	differs(t, "one query more", moreWork, true, v.asks(inbox), v.laboured(inbox, v.oneQuery))
}

// And the beat hides what is left: what is shorter than the beat cannot be seen.
func TestAttack19NobodyCanTellSecretFromMissingByTheTime(t *testing.T) {
	v, initech := newVault(t), newStranger(t, "initech")
	v.isPartnerOf(initech)
	timed := []string{"an inbox", "an activity", "leave to quote a note in a group", "a picture"}
	twins := v.twins(initech, initech.person("ivan"))
	for _, twin := range twins {
		if slices.Contains(timed, twin.name) {
			differs(t, twin.name, foundOut, false, v.asks(twin.missing), v.asks(twin.secret))
		}
	}
	inbox := twins[0].missing
	differs(t, "one query more", foundOut, false, v.asks(inbox), v.laboured(inbox, v.oneQuery))
	differs(t, "thirty milliseconds more", foundOut, true, v.asks(inbox), v.laboured(inbox, func() { time.Sleep(30 * time.Millisecond) })) // else the above says nothing
}
