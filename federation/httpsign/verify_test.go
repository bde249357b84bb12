package httpsign

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
)

func TestWhatPartnersSendIsBelieved(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]*letter{
		"a POST":                     aPost(),
		"a GET":                      aGet(),
		"an algorithm not said":      with(aPost(), func(l *letter) { l.algorithm = "" }),
		"hs2019 that is SHA-256":     with(aPost(), func(l *letter) { l.algorithm = "hs2019" }),
		"hs2019 that is SHA-512":     with(aPost(), func(l *letter) { l.algorithm, l.hash = "hs2019", crypto.SHA512 }),
		"a target without its query": with(aGet(), func(l *letter) { l.target, l.signedTarget = "/a?page=2", "/a" }),
		"an escaped slash in a path": with(aPost(), func(l *letter) { l.target = "/post/https%3A%2F%2Fada.example%2F1?x=%2f" }),
		"(created) and no date":      aPost().byCreated(now),
		"(created) and (expires)":    with(aPost().byCreated(now), func(l *letter) { l.expires = now.Add(time.Hour); l.listed = append(l.listed, "(expires)") }),
		"a clock 59 minutes ahead":   with(aPost(), func(l *letter) { l.date = at(59 * time.Minute) }),
		"a clock 64 minutes behind":  with(aPost(), func(l *letter) { l.date = at(-64 * time.Minute) }),
		"two digests, odd case":      with(aPost(), func(l *letter) { l.digest = "sha-512=AAAA, sha-256=" + strings.TrimPrefix(l.digest, "SHA-256=") }),
		"our host with port 443":     with(aPost(), func(l *letter) { l.host = "OURS.example:443" }),
		"a header sent twice":        with(aPost(), func(l *letter) { l.more["X-A"] = []string{"1", "2"}; l.listed = append(l.listed, "x-a") }),
		"a comma in a quoted value":  with(aPost(), func(l *letter) { l.extra = `,note="a,b" , other=c` }),
		"a clock 12 h ahead, stated": with(aPost().byCreated(now.Add(-12*time.Hour)), func(l *letter) { l.expires = now.Add(time.Hour); l.listed = append(l.listed, "(expires)") }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantReason(t, believe(l.sent(t), l.body, &ada().PublicKey), "")
		})
	}
}

// Each rule of interop.md §1.2. Every signature here is by the right key over
// what is sent, so that nothing but the rule can refuse it.
func TestEachRuleRefusesByItself(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		letter *letter
		reason string
	}{
		"1: a second keyId":                       {with(aPost(), func(l *letter) { l.extra = `,keyId="https://eve.example/key"` }), "parameter_twice"},
		"1: an unknown algorithm":                 {with(aPost(), func(l *letter) { l.algorithm, l.hash = "rsa-sha512", crypto.SHA512 }), "algorithm_not_taken"},
		"2: a listed header that is not there":    {with(aPost(), func(l *letter) { l.listed = append(l.listed, "x-forwarded-for") }), "header_missing"},
		"2: a listed header listed again":         {with(aPost(), func(l *letter) { l.listed = append(l.listed, "date") }), "header_listed_twice"},
		"2: (created) without hs2019":             {with(aPost().byCreated(now), func(l *letter) { l.algorithm = "rsa-sha256" }), "created_needs_hs2019"},
		"2: (expires) without hs2019":             {with(aPost(), func(l *letter) { l.expires = now; l.listed = append(l.listed, "(expires)") }), "created_needs_hs2019"},
		"2: (created) without created":            {with(aPost().byCreated(now), func(l *letter) { l.created = time.Time{} }), "header_missing"},
		"3: no (request-target)":                  {aPost().without("(request-target)"), "target_not_signed"},
		"3: no host":                              {aPost().without("host"), "host_not_signed"},
		"3: no time":                              {aPost().without("date"), "date_not_signed"},
		"3: no digest on POST":                    {aPost().without("digest"), "digest_not_signed"},
		"3: no digest on an empty POST":           {with(aPost().without("digest"), func(l *letter) { l.body = nil }), "digest_not_signed"},
		"3: no digest on a GET with a body":       {with(aGet(), func(l *letter) { l.body = body }), "digest_not_signed"},
		"3: a host that is not ours":              {with(aPost(), func(l *letter) { l.host = "eve.example" }), "wrong_host"},
		"3: our host on another port":             {with(aPost(), func(l *letter) { l.host = "ours.example:8443" }), "wrong_host"},
		"4: an hour in the future":                {with(aPost(), func(l *letter) { l.date = at(61 * time.Minute) }), "date_in_future"},
		"4: 66 minutes old":                       {with(aPost(), func(l *letter) { l.date = at(-66 * time.Minute) }), "signature_expired"},
		"4: (created) in the future":              {aPost().byCreated(now.Add(61 * time.Minute)), "date_in_future"},
		"4: (created) 66 minutes ago":             {aPost().byCreated(now.Add(-66 * time.Minute)), "signature_expired"},
		"4: (expires) over an hour ago":           {expiring(now.Add(-3*time.Hour), now.Add(-61*time.Minute)), "signature_expired"},
		"4: (expires) after more than 12 h":       {expiring(now.Add(-14*time.Hour), now.Add(time.Hour)), "signature_expired"},
		"4: expires that is not signed":           {with(aPost().byCreated(now.Add(-2*time.Hour)), func(l *letter) { l.expires = now }), "signature_expired"},
		"4: a date that is none":                  {with(aPost(), func(l *letter) { l.date = "yesterday" }), "date_malformed"},
		"4: an old date under a fresh (created)":  {with(aPost().byCreated(now), func(l *letter) { l.date = at(-48 * time.Hour); l.listed = append(l.listed, "date") }), "signature_expired"},
		"5: the digest of another body":           {with(aPost(), func(l *letter) { l.body = []byte(`{"type":"Delete"}`) }), "digest_mismatch"},
		"5: a digest of 31 bytes":                 {with(aPost(), func(l *letter) { l.digest = "SHA-256=" + base64.StdEncoding.EncodeToString(make([]byte, 31)) }), "digest_malformed"},
		"5: a digest that is not base64":          {with(aPost(), func(l *letter) { l.digest = "SHA-256=!" }), "digest_malformed"},
		"5: a digest by SHA-512 only":             {with(aPost(), func(l *letter) { l.digest = "SHA-512=AAAA" }), "digest_malformed"},
		"5: two digests by SHA-256":               {with(aPost(), func(l *letter) { l.digest += ",SHA-256=" + strings.Repeat("A", 43) + "=" }), "digest_malformed"},
		"6: another key":                          {with(aPost(), func(l *letter) { l.key = eve() }), "signature_wrong"},
		"6: SHA-512 under the name of SHA-256":    {with(aPost(), func(l *letter) { l.hash = crypto.SHA512 }), "signature_wrong"},
		"6: a target with another query":          {with(aGet(), func(l *letter) { l.target, l.signedTarget = "/a?page=2", "/a?page=3" }), "signature_wrong"},
		"6: the decoded path instead of the sent": {with(aGet(), func(l *letter) { l.target, l.signedTarget = "/a%2Fb", "/a/b" }), "signature_wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := tc.letter.sent(t)
			wantReason(t, believe(r, tc.letter.body, &ada().PublicKey), tc.reason)
		})
	}
}

func TestOnlyRSAKeysOfASensibleSizeAreBelieved(t *testing.T) {
	t.Parallel()
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.PublicKey{
		"Ed25519": ed, "1024 bits": &weak.PublicKey, "no key": nil, "a nil RSA key": (*rsa.PublicKey)(nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := aPost()
			l.key = weak
			wantReason(t, believe(l.sent(t), l.body, key), "key_not_taken")
		})
	}
}

// CVE of Fedify and Forgejo (interop.md §7 row 3): a signature by one's own key
// does not speak for the owner of another. The rest of the row, that the key's
// owner is the activity's actor, is decided where the actor is known.
func TestAttack03SignedByOwnKeyUnderTheVictimsKeyID(t *testing.T) {
	t.Parallel()
	l := aPost() // says keyId of Ada
	l.key = eve()
	r := l.sent(t)
	s, err := Parse(r, origin)
	if err != nil || s.KeyID != adasKey {
		t.Fatalf("KeyID = %q, %v", s.KeyID, err)
	}
	wantReason(t, s.Verify(r, l.body, &ada().PublicKey, now, hosts), "signature_wrong")
}

// Misskey CVE-2023-49079 and CVE-2026-28432 (interop.md §7 row 4): what Ada
// signed for one body, place and time, sent again with another.
func TestAttack04ReplayOfASignedRequest(t *testing.T) {
	t.Parallel()
	other := []byte(`{"type":"Delete"}`)
	for name, tc := range map[string]struct {
		change func(r *http.Request) []byte
		reason string
	}{
		"swap the body":                   {func(*http.Request) []byte { return other }, "digest_mismatch"},
		"swap the body and its digest":    {func(r *http.Request) []byte { r.Header.Set("Digest", digestOf(t, other)); return other }, "signature_wrong"},
		"swap the host":                   {func(r *http.Request) []byte { r.Host = "eve.example"; return body }, "wrong_host"},
		"swap the host for another of us": {func(r *http.Request) []byte { r.Host = "other.example"; return body }, "signature_wrong"},
		"swap the path":                   {func(r *http.Request) []byte { r.RequestURI = "/users/bob/inbox"; return body }, "signature_wrong"},
		"swap the method":                 {func(r *http.Request) []byte { r.Method = "PUT"; return body }, "signature_wrong"},
		"swap the date":                   {func(r *http.Request) []byte { r.Header.Set("Date", at(time.Minute)); return body }, "signature_wrong"},
		"a second date":                   {func(r *http.Request) []byte { r.Header.Add("Date", at(time.Minute)); return body }, "date_malformed"},
		"a second signature":              {func(r *http.Request) []byte { r.Header.Add("Signature", r.Header.Get("Signature")); return body }, "signature_twice"},
		"no digest in the request":        {drop("Digest"), "header_missing"},
		"no date in the request":          {drop("Date"), "header_missing"},
		"no digest in the list":           {unlist("digest"), "digest_not_signed"},
		"no date in the list":             {unlist("date"), "date_not_signed"},
		"no host in the list":             {unlist("host"), "host_not_signed"},
		"no target in the list":           {unlist("(request-target)"), "target_not_signed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := aPost().sent(t)
			sent := tc.change(r)
			wantReason(t, believe(r, sent, &ada().PublicKey), tc.reason)
		})
	}
}

func TestASignatureIsBoundToTheRequestItIsVerifiedWith(t *testing.T) {
	t.Parallel()
	s, err := Parse(aGet().sent(t), origin)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, s.Verify(aPost().sent(t), body, &ada().PublicKey, now, hosts), "digest_not_signed")
	wantReason(t, Signature{KeyID: adasKey}.Verify(aGet().sent(t), nil, &ada().PublicKey, now, hosts), "target_not_signed")
}

func with(l *letter, change func(*letter)) *letter { change(l); return l }

func expiring(from, to time.Time) *letter {
	l := aPost().byCreated(from)
	l.expires, l.listed = to, append(l.listed, "(expires)")
	return l
}

func at(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }

func drop(header string) func(*http.Request) []byte {
	return func(r *http.Request) []byte { r.Header.Del(header); return body }
}

func unlist(name string) func(*http.Request) []byte {
	return func(r *http.Request) []byte {
		given := r.Header.Get("Signature")
		for _, listed := range []string{" " + name, name + " "} {
			given = strings.Replace(given, listed, "", 1)
		}
		r.Header.Set("Signature", given)
		return body
	}
}

func digestOf(t *testing.T, b []byte) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "https://ours.example/", nil)
	if err == nil {
		err = Sign(r, b, Signer{KeyID: activity.ID("k"), Key: eve()}, now)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Header.Get("Digest")
}
