package remote

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
)

func TestFetchGivesTheDocumentAsItWasSent(t *testing.T) {
	t.Parallel()
	const raw = `{"id":"https://good.test/notes/1?v=2","type":["Note","Extra"],"content":"<é>"}`
	var seen *http.Request
	w, c := newWorld(t, map[string]http.HandlerFunc{"good.test": func(w http.ResponseWriter, r *http.Request) {
		seen = r
		says("%s", raw)(w, r)
	}})
	doc, err := c.Fetch(t.Context(), "https://good.test/notes/1?v=2#fragment", signer())
	if err != nil {
		t.Fatal(err)
	}
	if doc.ID != "https://good.test/notes/1?v=2" || doc.Type != "Note" || string(doc.Raw) != raw {
		t.Errorf("doc = %+v", doc)
	}
	if err := believes(seen, nil, "good.test"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(seen.Header.Get("Accept"), "application/activity+json") || !strings.HasPrefix(seen.UserAgent(), "Entente/") || seen.ProtoMajor != 2 {
		t.Errorf("asked by %s with %v", seen.Proto, seen.Header)
	}
	want := []string{"allow good.test", "resolve good.test", "dial 93.184.216.34:443", "get https://good.test/notes/1?v=2"}
	if got := w.saw(""); !slices.Equal(got, want) {
		t.Errorf("happened: %q", got)
	}
}

func believes(r *http.Request, body []byte, host string) error {
	s, err := httpsign.Parse(r, "https://"+host)
	if err != nil {
		return err
	}
	return s.Verify(r, body, &key().PublicKey, anytime, []string{host})
}

// Mastodon CVE-2024-23832 (interop.md §7 row 1).
func TestAttack01ADocumentClaimsAForeignID(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		evil   http.HandlerFunc
		kind   activity.Kind
		reason string
	}{
		"of another host":           {note("https://good.test/alice"), activity.Denied, "foreign_id"},
		"of another port":           {note("https://evil.test:8443/x"), activity.Denied, "foreign_id"},
		"of another scheme":         {note("http://evil.test/x"), activity.Denied, "foreign_id"},
		"that is no address":        {note("x"), activity.Denied, "foreign_id"},
		"in other case, said twice": {says(`{"id":"https://evil.test/x","ID":"https://good.test/alice"}`), activity.Invalid, "name_twice"},
		"in a rune that Go folds":   {says("{\"id\":\"https://evil.test/x\",\"kind\":1,\"\u212Aind\":2}"), activity.Invalid, "name_twice"},
		"under a name in capitals":  {says(`{"ID":"https://good.test/alice"}`), activity.Invalid, "name_in_other_case"},
		"of nothing at all":         {says(`{"type":"Note"}`), activity.Invalid, "no_id"},
		"that is a list":            {says(`{"id":["https://evil.test/x"]}`), activity.Invalid, "no_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := newWorld(t, map[string]http.HandlerFunc{"evil.test": tc.evil, "good.test": note("https://good.test/alice")})
			doc, err := c.Fetch(t.Context(), "https://evil.test/x", signer())
			wantFault(t, err, tc.kind, tc.reason)
			if doc.Raw != nil || len(w.saw("get https://good.test")) > 0 {
				t.Errorf("doc = %+v, happened %q", doc, w.saw(""))
			}
		})
	}
}

func TestADocumentOfAnotherIDIsFetchedThereOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pages  map[string]http.HandlerFunc
		reason string
	}{
		"and is found": {map[string]http.HandlerFunc{"/@ada": note("https://good.test/users/ada"), "/users/ada": note("https://good.test/users/ada")}, ""},
		"and names a third id": {map[string]http.HandlerFunc{"/@ada": note("https://good.test/users/ada"), "/users/ada": note("https://good.test/x"),
			"/x": note("https://good.test/x")}, "foreign_id"},
		"and names the first id": {map[string]http.HandlerFunc{"/@ada": note("https://good.test/users/ada"), "/users/ada": note("https://good.test/@ada")}, "foreign_id"},
		"and is gone":            {map[string]http.HandlerFunc{"/@ada": note("https://good.test/users/ada"), "/users/ada": status(410)}, "refused_410"},
		"though it redirects elsewhere": {map[string]http.HandlerFunc{"/@ada": redirect("/ada.json"), "/ada.json": note("https://good.test/@ada")},
			"redirect_loop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newWorld(t, map[string]http.HandlerFunc{"good.test": routes(tc.pages)})
			doc, err := c.Fetch(t.Context(), "https://good.test/@ada", signer())
			if tc.reason == "" && (err != nil || doc.ID != "https://good.test/users/ada") {
				t.Fatalf("doc = %+v, %v", doc, err)
			}
			if tc.reason != "" && activity.FaultOf(err).Reason != tc.reason {
				t.Fatalf("err = %v, want %q", err, tc.reason)
			}
		})
	}
}

// Mastodon CVE-2024-25623 (interop.md §7 row 2): what anyone can upload.
func TestAttack02AnUploadIsNotADocument(t *testing.T) {
	t.Parallel()
	for contentType, taken := range map[string]bool{
		"application/activity+json":                                                               true,
		"application/activity+json; charset=utf-8":                                                true,
		"Application/Activity+JSON":                                                               true,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`:                    true,
		`application/ld+json; profile="http://a.example/b https://www.w3.org/ns/activitystreams"`: true,
		"application/ld+json":                                                                     false,
		`application/ld+json; profile="https://www.w3.org/ns/other"`:                              false,
		`text/html; profile="https://www.w3.org/ns/activitystreams"`:                              false,
		"application/json":                                                                        false,
		"image/png":                                                                               false,
		"text/plain":                                                                              false,
		"application/activity+json, text/html":                                                    false,
		"application/activity+json; charset":                                                      false,
		"application/activity+jsonx":                                                              false,
		"application/ld+json; profile=https://www.w3.org/ns/activitystreams; profile=http://evil.example": false,
		"": false,
	} {
		t.Run(contentType, func(t *testing.T) {
			t.Parallel()
			_, c := newWorld(t, map[string]http.HandlerFunc{"good.test": func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{contentType}
				_, _ = io.WriteString(w, `{"id":"https://good.test/media/1.png","type":"Person"}`)
			}})
			_, err := c.Fetch(t.Context(), "https://good.test/media/1.png", signer())
			if taken && err != nil {
				t.Fatal(err)
			}
			if !taken {
				wantFault(t, err, activity.WrongType, "wrong_media_type")
			}
		})
	}
}

func TestAttack02TwoContentTypesAreNone(t *testing.T) {
	t.Parallel()
	_, c := newWorld(t, map[string]http.HandlerFunc{"good.test": func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{"application/activity+json", "image/png"}
		_, _ = io.WriteString(w, `{"id":"https://good.test/x"}`)
	}})
	_, err := c.Fetch(t.Context(), "https://good.test/x", signer())
	wantFault(t, err, activity.WrongType, "wrong_media_type")
}

// Misskey CVE-2024-52591 (interop.md §7 row 5): an open redirect makes foreign
// content look local.
func TestAttack05Redirects(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		good, evil map[string]http.HandlerFunc
		reason     string
	}{
		"good to evil with a good id": {map[string]http.HandlerFunc{"/x": redirect("https://evil.test/y")},
			map[string]http.HandlerFunc{"/y": note("https://good.test/x")}, "cross_origin"},
		"good to evil with its own id": {map[string]http.HandlerFunc{"/x": redirect("//evil.test/y")},
			map[string]http.HandlerFunc{"/y": note("https://evil.test/y")}, "cross_origin"},
		"good to evil, which answers 410": {map[string]http.HandlerFunc{"/x": redirect("//evil.test/y")},
			map[string]http.HandlerFunc{"/y": status(410)}, "cross_origin"},
		"good to http":         {map[string]http.HandlerFunc{"/x": redirect("http://good.test/x")}, nil, "url_refused"},
		"good to another port": {map[string]http.HandlerFunc{"/x": redirect("https://good.test:8443/x")}, nil, "url_refused"},
		"good to a password":   {map[string]http.HandlerFunc{"/x": redirect("https://a:b@good.test/y")}, nil, "bad_id"},
		"good to a file":       {map[string]http.HandlerFunc{"/x": redirect("file:///etc/passwd")}, nil, "bad_id"},
		"good to nowhere":      {map[string]http.HandlerFunc{"/x": redirect("")}, nil, "refused_302"},
		"good to good":         {map[string]http.HandlerFunc{"/x": redirect("y?z=1"), "/y?z=1": note("https://good.test/y?z=1")}, nil, ""},
		"good to evil and back": {map[string]http.HandlerFunc{"/x": redirect("https://evil.test/y"), "/z": note("https://good.test/z")},
			map[string]http.HandlerFunc{"/y": redirect("https://good.test/z")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newWorld(t, map[string]http.HandlerFunc{"good.test": routes(tc.good), "evil.test": routes(tc.evil)})
			_, err := c.Fetch(t.Context(), "https://good.test/x", signer())
			if tc.reason == "" && err != nil || tc.reason != "" && activity.FaultOf(err).Reason != tc.reason {
				t.Fatalf("err = %v, want %q", err, tc.reason)
			}
		})
	}
}

func TestAttack05EachHopIsSignedForItselfAlone(t *testing.T) {
	t.Parallel()
	var signatures []string
	hop := func(answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if err := believes(r, nil, r.Host); err != nil {
				t.Error(err)
			}
			signatures = append(signatures, r.Header.Get("Signature"))
			answer(w, r)
		}
	}
	_, c := newWorld(t, map[string]http.HandlerFunc{
		"good.test": hop(redirect("https://evil.test/y")), "evil.test": hop(note("https://evil.test/y")),
	})
	_, err := c.Fetch(t.Context(), "https://good.test/x", signer())
	wantFault(t, err, activity.Denied, "cross_origin")
	if len(signatures) != 2 || signatures[0] == signatures[1] {
		t.Errorf("signatures: %q", signatures)
	}
}

func TestA401IsAskedAgainWithoutTheQueryInTheSignature(t *testing.T) {
	t.Parallel()
	tried := 0
	_, c := newWorld(t, map[string]http.HandlerFunc{"good.test": func(w http.ResponseWriter, r *http.Request) {
		tried++
		r.RequestURI, _, _ = strings.Cut(r.RequestURI, "?") // Mastodon before 4.3 looks at the path only
		if believes(r, nil, "good.test") != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		note("https://good.test/x?page=2")(w, r)
	}})
	if _, err := c.Fetch(t.Context(), "https://good.test/x?page=2", signer()); err != nil || tried != 2 {
		t.Fatalf("tried %d times: %v", tried, err)
	}
}

func TestWhatAPartnerAnswersDecidesWhetherToAskAgain(t *testing.T) {
	t.Parallel()
	for code, kind := range map[int]activity.Kind{
		401: activity.Later, 403: activity.Denied, 404: activity.NotFound, 406: activity.Invalid, 410: activity.Gone,
		429: activity.Later, 451: activity.Denied, 500: activity.Later, 503: activity.Later, 304: activity.Later,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			w, c := newWorld(t, map[string]http.HandlerFunc{"good.test": status(code)})
			_, err := c.Fetch(t.Context(), "https://good.test/x", signer())
			wantFault(t, err, kind, fmt.Sprintf("refused_%d", code))
			if n := len(w.saw("get")); n != knocks(code) {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestTheGateIsAskedBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, map[string]http.HandlerFunc{"good.test": redirect("https://stranger.test/y")})
	w.refuse = "stranger.test"
	for _, id := range []activity.ID{"https://good.test/x", "https://STRANGER.test./x"} {
		_, err := c.Fetch(t.Context(), id, signer())
		wantFault(t, err, activity.Denied, "not_a_partner")
	}
	if err := c.Deliver(t.Context(), "https://stranger.test/inbox", nil, signer()); activity.FaultOf(err).Reason != "not_a_partner" {
		t.Errorf("err = %v", err)
	}
	if _, err := c.Finger(t.Context(), "ada", "stranger.test"); activity.FaultOf(err).Reason != "not_a_partner" {
		t.Errorf("err = %v", err)
	}
	if got := w.saw("resolve stranger"); len(got) > 0 {
		t.Errorf("happened: %q", w.saw(""))
	}
}

func TestWithoutAGateNobodyIsCalled(t *testing.T) {
	t.Parallel()
	_, err := New(Options{}).Fetch(t.Context(), "https://good.test/x", signer())
	wantFault(t, err, activity.Denied, "no_gate")
}

func TestFetchNeedsAKey(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, nil)
	_, err := c.Fetch(t.Context(), "https://good.test/x", Keys{})
	wantFault(t, err, activity.Internal, "no_signing_key")
	if len(w.saw("get")) > 0 {
		t.Error("it was asked for unsigned")
	}
}

func TestANameThatIsNotKnownMayBeKnownLater(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, nil)
	w.address = func(string) []netip.Addr { return nil }
	_, err := c.Fetch(t.Context(), "https://good.test/x", signer())
	wantFault(t, err, activity.Later, "unreachable")
}

func TestACertificateOfAnotherHostIsNotBelieved(t *testing.T) {
	t.Parallel()
	_, c := newWorld(t, nil)
	_, err := c.Fetch(t.Context(), "https://bank.invalid/x", signer())
	wantFault(t, err, activity.Later, "unreachable")
}
