package partners_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// stands fails when the two do not see their agreement in this state.
func stands(t *testing.T, want string, acme, globex *company) {
	t.Helper()
	pump(t, acme, globex)
	for _, pair := range [][2]*company{{acme, globex}, {globex, acme}} {
		if got := pair[0].says("GET", pair[1], "", "")["state"]; got != want {
			t.Fatalf("%s says that it is %v, not %s", pair[0].host(), got, want)
		}
	}
}

// dig follows names and numbers into JSON.
func dig(v any, steps ...any) any {
	for _, s := range steps {
		switch s := s.(type) {
		case string:
			v = v.(map[string]any)[s]
		case int:
			v = v.([]any)[s]
		}
	}
	return v
}

func TestAdminsAgreeAndPartThroughTheAPI(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme"), found(t, "globex")
	if s := acme.says("POST", globex, "/propose", `{"draft": true, "reason": "the Lyon project"}`); dig(s, "state") != "draft" || dig(s, "drafted", "reason") != "the Lyon project" {
		t.Errorf("prepared is %v", s)
	}
	acme.says("POST", globex, "/propose", `{"lets": {"words": ["follow", "comment"], "people": ["http://globex.example/users/bea"], "file_size": 20000000}, "takes": {"words": ["all"]}, "reason": "the Lyon project"}`)
	stands(t, "proposed", acme, globex)
	globex.says("POST", acme, "/counter", `{"takes": {"people": "everyone", "posts_per_minute": 60}, "until": "2027-11-01T00:00:00Z", "data": {"atEnd": "keep", "deleteWithin": 24, "exportFor": 0}}`)
	stands(t, "proposed", acme, globex)
	s := acme.says("GET", globex, "", "")
	if got := dig(s, "asked", 0); dig(got, "lets", "people") != "everyone" || dig(got, "lets", "fileSize") != 20e6 || dig(got, "lets", "postsPerMinute") != 60.0 || dig(got, "until") != "2027-11-01T00:00:00Z" ||
		dig(got, "data", "atEnd") != "keep" || dig(got, "data", "deleteWithin") != 24.0 || dig(got, "data", "exportFor") != 0.0 || dig(got, "data", "incidentWithin") != 24.0 {
		t.Errorf("%v", got)
	}
	globex.asks(globex.boss, "POST", "/"+acme.host()+"/counter", `{"data": {"deleteWithin": 9000}}`).refused(http.StatusUnprocessableEntity, "bad_data_terms")
	acme.asks(acme.boss, "POST", "/"+globex.host()+"/accept", `{}`).refused(http.StatusUnprocessableEntity, "no_terms")
	acme.asks(acme.boss, "POST", "/"+globex.host()+"/accept", `{"terms": "0000"}`).refused(http.StatusConflict, "other_terms")
	acme.says("POST", globex, "/accept", fmt.Sprintf(`{"terms": %q}`, dig(s, "asked", 0, "hash")))
	stands(t, "active", acme, globex)

	words := acme.says("GET", globex, "/words", "")["words"]
	if theirs := globex.says("GET", acme, "/words", ""); theirs["words"] != words || theirs["confirmed"] != false {
		t.Errorf("%v and %v", words, theirs)
	}
	acme.asks(acme.boss, "POST", "/"+globex.host()+"/confirm", `{"words": "one two"}`).refused(http.StatusConflict, "other_words")
	if acme.says("POST", globex, "/confirm", fmt.Sprintf(`{"words": %q}`, words))["confirmed_at"] == nil {
		t.Error("what was confirmed is not")
	}

	acme.says("POST", globex, "/narrow", `{"lets": {"words": ["follow"]}, "reason": "an audit"}`)
	stands(t, "active", acme, globex)
	if s := globex.says("GET", acme, "", ""); !slices.Equal(dig(s, "takes", "words").([]any), []any{"follow"}) || dig(s, "they", "reason") != "an audit" {
		t.Errorf("%v", s)
	}
	if s := acme.says("GET", globex, "/preview", ""); dig(s, "followers") != 0.0 || len(dig(s, "our_groups").([]any)) != 0 {
		t.Errorf("%v", s)
	}
	globex.says("POST", acme, "/suspend", `{"reason": "a stolen laptop"}`)
	stands(t, "suspended", acme, globex)
	acme.asks(acme.boss, "POST", "/"+globex.host()+"/resume", "").refused(http.StatusConflict, "wrong_state")
	globex.says("POST", acme, "/resume", "")
	stands(t, "active", acme, globex)
	acme.says("POST", globex, "/end", "")
	stands(t, "winding_down", acme, globex)
	globex.says("POST", acme, "/revoke", "")
	stands(t, "revoked", acme, globex)

	var list []any
	if err := json.Unmarshal(acme.asks(acme.boss, "GET", "", "").body, &list); err != nil || len(list) != 1 || dig(list, 0, "host") != globex.host() {
		t.Errorf("%v %v", list, err)
	}
	var log []string
	lines, err := globex.db.Audited(t.Context(), acme.host(), time.Time{}, 100)
	acme.do(err)
	for _, l := range lines {
		log = append(log, l.Who+" "+l.What)
	}
	for _, want := range []string{"countered", "paused", "resumed", "cut"} {
		if want = "boss@" + globex.host() + " partnership." + want; !slices.Contains(log, want) {
			t.Errorf("no %q in %q", want, log)
		}
	}
}

func TestAnOfferIsDeclinedThroughTheAPI(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme"), found(t, "globex")
	acme.says("POST", globex, "/propose", "")
	stands(t, "proposed", acme, globex)
	globex.says("POST", acme, "/decline", `{"reason": "not before the audit"}`)
	stands(t, "declined", acme, globex)
	acme.asks(acme.boss, "POST", "/"+globex.host()+"/propose", "").refused(http.StatusConflict, "declined_lately")
}

// lines are the routes that are not for everybody, about a host.
func (c *company) lines(host string) (all [][2]string) {
	for _, r := range c.api.Table() {
		if method, path, _ := strings.Cut(r.Pattern, " "); !r.Policy.IsAnyone() {
			all = append(all, [2]string{method, strings.NewReplacer("{host}", host, "{name}", "nothing").Replace(strings.TrimPrefix(path, at))})
		}
	}
	return all
}

func TestOnlyAdminsGetAnywhere(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme"), found(t, "globex")
	acme.says("POST", globex, "/propose", "")
	app := acme.token(0, "admin:read", "admin:write")
	for _, host := range []string{globex.host(), "nobody.example"} {
		for _, l := range acme.lines(host) {
			acme.asks("", l[0], l[1], "").refused(http.StatusUnauthorized, "no_token")
			for name, token := range map[string]string{"nobody": acme.nobody, "app": app} {
				if a := acme.asks(token, l[0], l[1], ""); a.status != http.StatusForbidden || a.object()["reason"] != "needs_admin" {
					t.Errorf("%s, %s %s: HTTP %d %s", name, l[0], l[1], a.status, a.body)
				}
			}
		}
	}
	boss, err := acme.db.ActorByHandle(t.Context(), "boss", acme.host())
	acme.do(err)
	reader, client := acme.token(boss.Key, "admin:read", "read", "write"), acme.token(boss.Key, "read", "write", "follow")
	for _, l := range acme.lines(globex.host()) {
		acme.asks(client, l[0], l[1], "").refused(http.StatusForbidden, "insufficient_scope")
		if a := acme.asks(reader, l[0], l[1], ""); l[0] == http.MethodPost && (a.status != http.StatusForbidden || a.object()["reason"] != "insufficient_scope") {
			t.Errorf("who may only read: %s %s: HTTP %d %s", l[0], l[1], a.status, a.body)
		}
	}
	for _, l := range acme.lines("nobody.example")[1:] {
		if l[0] == http.MethodGet && strings.HasPrefix(l[1], "/nobody") && !strings.HasSuffix(l[1], "/preview") {
			acme.asks(acme.boss, l[0], l[1], "").refused(http.StatusNotFound, "no_agreement")
		}
	}
}

func TestWhatIsSentWrongly(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme")
	for body, reason := range map[string]string{
		`{"lets": {"words": ["everything"]}}`:     "unknown_word",
		`{"lets": {"file_size": "huge"}}`:         "bad_parameter",
		`{"takes": {"posts_per_minute": "many"}}`: "bad_parameter",
		`{"until": "soon"}`:                       "bad_parameter",
		`[]`:                                      "bad_body",
	} {
		acme.asks(acme.boss, "POST", "/globex.example/propose", body).refused(http.StatusUnprocessableEntity, reason)
	}
	acme.asks(acme.boss, "GET", "/globex%20example", "").refused(http.StatusUnprocessableEntity, "bad_host")
}

func TestAPartnerByOurWordAloneIsListedAsUnverified(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme")
	const path = "/forum.example"
	acme.asks(acme.boss, "GET", path, "").refused(http.StatusNotFound, "no_agreement")
	acme.tx(func(tx *store.Tx) error {
		return tx.PutPartner(t.Context(), store.Partner{Host: "forum.example", Lets: agreement.Narrowest().Raw(), Takes: agreement.Everything().Raw()})
	})
	a := acme.asks(acme.boss, "GET", path, "")
	a.fits("GET", path)
	if s := a.object(); s["unverified_enforcement"] != true || s["state"] != "allowed" || len(dig(s, "lets", "words").([]any)) != 5 {
		t.Errorf("%v", s)
	}
	a = acme.asks(acme.boss, "GET", "", "")
	a.fits("GET", "")
	if !strings.Contains(string(a.body), `"host":"forum.example"`) {
		t.Errorf("%s", a.body)
	}
	globex := found(t, "globex")
	acme.tx(func(tx *store.Tx) error {
		return tx.PutPartner(t.Context(), store.Partner{Host: globex.host(), Lets: agreement.Narrowest().Raw(), Takes: agreement.Everything().Raw()})
	})
	if s := acme.says("POST", globex, "/propose", ""); s["state"] != "proposed" || s["unverified_enforcement"] != true || len(dig(s, "lets", "words").([]any)) != 5 {
		t.Errorf("until it is accepted our word counts: %v", s)
	}
	s := acme.says("GET", globex, "", "")
	stands(t, "proposed", acme, globex)
	globex.says("POST", acme, "/accept", fmt.Sprintf(`{"terms": %q}`, dig(s, "offered", 0, "hash")))
	stands(t, "active", acme, globex)
	if s := acme.says("GET", globex, "", ""); s["unverified_enforcement"] != false {
		t.Errorf("%v", s)
	}
}

func TestListsAreUsedAndPublishedThroughTheAPI(t *testing.T) {
	t.Parallel()
	acme, globex, sector := found(t, "acme"), found(t, "globex"), found(t, "sector")
	const lists = "/api/entente/v1/circles"
	list := fmt.Sprintf(`{"type": "TrustCircle", "name": "Rail sector", "organisations": [{"host": %q, "name": "Globex", "lets": ["follow"], "takes": ["all"]}]}`, globex.host())
	sector.asks(sector.boss, "POST", lists+"/publish", `{"list": "{}"}`).refused(http.StatusUnprocessableEntity, "bad_circle")
	body, err := json.Marshal(map[string]string{"list": list})
	acme.do(err)
	signed := sector.asks(sector.boss, "POST", lists+"/publish", string(body))
	board := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(signed.body) }))
	t.Cleanup(board.Close)
	_, port, _ := strings.Cut(board.Listener.Addr().String(), ":")
	url := "http://board.localhost:" + port + "/circle.json"
	if c := acme.asks(acme.boss, "POST", lists, fmt.Sprintf(`{"url": %q}`, url)).object(); c["name"] != "Rail sector" || !strings.HasPrefix(c["key"].(string), "z6Mk") {
		t.Errorf("%v", c)
	}
	if a := acme.asks(acme.boss, "GET", lists, ""); !strings.Contains(string(a.body), url) {
		t.Errorf("%s", a.body)
	}
	if c := acme.asks(acme.boss, "GET", lists+"/Rail%20sector", "").object(); dig(c, "organisations", 0, "host") != globex.host() || dig(c, "organisations", 0, "lets", "words", 0) != "follow" {
		t.Errorf("%v", c)
	}
	acme.asks(acme.boss, "POST", lists+"/Rail%20sector/import", `{"hosts": ["nobody.example"]}`).refused(http.StatusNotFound, "not_in_circle")
	acme.asks(acme.boss, "POST", lists+"/Rail%20sector/import", fmt.Sprintf(`{"hosts": [%q]}`, globex.host()))
	stands(t, "proposed", acme, globex)
	acme.asks(acme.boss, "DELETE", lists+"/Rail%20sector", "")
	acme.asks(acme.boss, "GET", lists+"/Rail%20sector", "").refused(http.StatusNotFound, "no_circle")
}

func TestARestoredInstanceIsFencedThroughTheAPI(t *testing.T) {
	t.Parallel()
	acme, globex := found(t, "acme"), found(t, "globex")
	acme.says("POST", globex, "/propose", "")
	stands(t, "proposed", acme, globex)
	s := globex.says("GET", acme, "", "")
	globex.says("POST", acme, "/accept", fmt.Sprintf(`{"terms": %q}`, dig(s, "asked", 0, "hash")))
	stands(t, "active", acme, globex)
	if f := acme.asks(acme.boss, "POST", "/fence", "").object(); dig(f, "hosts", 0) != globex.host() {
		t.Errorf("%v", f)
	}
	stands(t, "suspended", acme, globex)
	if s := acme.says("GET", globex, "", ""); dig(s, "we", "why") != "restored" {
		t.Errorf("%v", s)
	}
	acme.says("POST", globex, "/resume", "")
	stands(t, "active", acme, globex)
}
