package httpsign

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
)

var (
	bob   = sync.OnceValue(newEd25519)
	carol = sync.OnceValue(newEd25519)
)

func newEd25519() ed25519.PrivateKey {
	key, err := NewEd25519()
	if err != nil {
		panic(err)
	}
	return key
}

// parcel is a request that is signed by RFC 9421, before it is written: what it
// says, and how it is signed. It writes the signature base by itself.
type parcel struct {
	method, target, host, contentDigest string
	body                                []byte
	covered                             []string // as between the parentheses
	created, alg, extra                 string   // the parameters
	key                                 crypto.Signer
	pss                                 bool
	more                                http.Header // more headers
	signed                              map[string]string
	front, behind                       string // of Signature-Input
	values                              string // more of Signature
}

func aParcel() *parcel {
	sum := sha256.Sum256(body)
	return &parcel{
		method: "POST", target: "/inbox?from=bob", host: "ours.example", body: body, key: bob(),
		contentDigest: "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
		covered:       []string{`"@method"`, `"@target-uri"`, `"content-digest"`},
		created:       fmt.Sprintf(";created=%d", now.Unix()), more: http.Header{}, signed: map[string]string{},
	}
}

func aFetch() *parcel {
	p := aParcel()
	p.method, p.body, p.contentDigest, p.covered = "GET", nil, "", []string{`"@method"`, `"@target-uri"`}
	return p
}

func (p *parcel) covering(names ...string) *parcel {
	p.covered = nil
	for _, name := range names {
		p.covered = append(p.covered, `"`+name+`"`)
	}
	return p
}

func (p *parcel) params() string {
	alg := ""
	if p.alg != "" {
		alg = fmt.Sprintf(";alg=%q", p.alg)
	}
	return fmt.Sprintf("(%s)%s;keyid=%q%s%s", strings.Join(p.covered, " "), p.created, adasKey, alg, p.extra)
}

func (p *parcel) signature(t testing.TB) []byte {
	t.Helper()
	way, search, _ := strings.Cut(p.target, "?")
	values := map[string]string{
		`"@method"`: p.method, `"@target-uri"`: "https://ours.example" + p.target, `"@authority"`: strings.ToLower(p.host), `"@scheme"`: "https",
		`"@request-target"`: p.target, `"@path"`: way, `"@query"`: "?" + search, `"content-digest"`: p.contentDigest, `"host"`: p.host,
	}
	for name := range p.more {
		values[`"`+strings.ToLower(name)+`"`] = strings.Join(p.more.Values(name), ", ")
	}
	maps.Copy(values, p.signed)
	var base strings.Builder
	for _, name := range p.covered {
		base.WriteString(name + ": " + values[name] + "\n")
	}
	base.WriteString(`"@signature-params": ` + p.params())
	var sig []byte
	var err error
	switch key := p.key.(type) {
	case ed25519.PrivateKey:
		sig = ed25519.Sign(key, []byte(base.String()))
	case *rsa.PrivateKey:
		if p.pss {
			sum := sha512.Sum512([]byte(base.String()))
			sig, err = rsa.SignPSS(rand.Reader, key, crypto.SHA512, sum[:], &rsa.PSSOptions{SaltLength: 64})
			break
		}
		sum := sha256.Sum256([]byte(base.String()))
		sig, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	}
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// sent is the request as our server reads it off the wire.
func (p *parcel) sent(t testing.TB) *http.Request {
	t.Helper()
	h := p.more.Clone()
	if p.contentDigest != "" {
		h.Set("Content-Digest", p.contentDigest)
	}
	h.Set("Signature-Input", p.front+"sig1="+p.params()+p.behind)
	h.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(p.signature(t))+":"+p.values)
	return wire(t, p.method, p.target, p.host, h, p.body)
}

func (p *parcel) but(change func(*parcel)) *parcel { change(p); return p }

func seconds(d time.Duration) string { return fmt.Sprint(now.Add(d).Unix()) }

func TestWhatPartnersSendByRFC9421IsBelieved(t *testing.T) {
	t.Parallel()
	sum := sha512.Sum512(body)
	long := "sha-512=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	rsaKey := func(p *parcel) { p.key = ada() }
	for name, p := range map[string]*parcel{
		"a POST":                               aParcel(),
		"a GET":                                aFetch(),
		"a POST by RSA":                        aParcel().but(rsaKey),
		"a GET by RSA":                         aFetch().but(rsaKey),
		"RSA that says so":                     aParcel().but(rsaKey).but(func(p *parcel) { p.alg = "rsa-v1_5-sha256" }),
		"RSA-PSS that says so":                 aParcel().but(rsaKey).but(func(p *parcel) { p.alg, p.pss = "rsa-pss-sha512", true }),
		"Ed25519 that says so":                 aParcel().but(func(p *parcel) { p.alg = "ed25519" }),
		"as Fedify does it":                    aParcel().covering("@method", "@target-uri", "@authority", "host", "date", "content-digest").but(func(p *parcel) { p.more.Set("Date", at(0)) }),
		"as tootik does it":                    aParcel().covering("@method", "@target-uri", "@query", "content-type", "content-digest").but(func(p *parcel) { p.more.Set("Content-Type", "application/activity+json") }),
		"authority, path and query":            aParcel().covering("@method", "@authority", "@path", "@query", "content-digest"),
		"authority, path and an empty query":   aFetch().covering("@method", "@authority", "@path", "@query").but(func(p *parcel) { p.target = "/a" }),
		"authority and the request target":     aParcel().covering("@method", "@authority", "@request-target", "@scheme", "content-digest"),
		"a digest by SHA-512":                  aParcel().but(func(p *parcel) { p.contentDigest = long }),
		"digests by both, and a third":         aParcel().but(func(p *parcel) { p.contentDigest += ", " + long + ", md5=:AAAA:" }),
		"our host with its port, in capitals":  aParcel().covering("@method", "@target-uri", "@authority", "content-digest").but(func(p *parcel) { p.host = "OURS.example:443"; p.signed[`"@authority"`] = "ours.example" }),
		"a header sent twice":                  aFetch().covering("@method", "@target-uri", "x-a").but(func(p *parcel) { p.more["X-A"] = []string{"1", "2"} }),
		"an escaped slash in a path":           aFetch().but(func(p *parcel) { p.target = "/post/https%3A%2F%2Fb.example%2F1?x=%2f" }),
		"a nonce and a tag":                    aFetch().but(func(p *parcel) { p.extra = `;nonce="a;b,c\"";tag="x"` }),
		"a second signature behind":            aFetch().but(func(p *parcel) { p.behind, p.values = `, proxy=("@query-param";name="a");tag="x"`, ", proxy=:AAAA:" }),
		"a second signature that has no value": aFetch().but(func(p *parcel) { p.behind = `, proxy=()` }),
		"59 minutes ahead":                     aFetch().but(func(p *parcel) { p.created = ";created=" + seconds(59*time.Minute) }),
		"64 minutes behind":                    aFetch().but(func(p *parcel) { p.created = ";created=" + seconds(-64*time.Minute) }),
		"11 hours behind, as stated":           aFetch().but(func(p *parcel) { p.created, p.extra = ";created="+seconds(-11*time.Hour), ";expires="+seconds(0) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantReason(t, believe(p.sent(t), p.body, p.key.Public()), "")
		})
	}
}

// Each rule of interop.md §1.6. Every signature here is by the right key over
// what is sent, so that nothing but the rule can refuse it.
func TestEachRuleOfRFC9421RefusesByItself(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		parcel *parcel
		reason string
	}{
		"no @method":                      {aParcel().covering("@target-uri", "content-digest"), "target_not_signed"},
		"no target":                       {aParcel().covering("@method", "@authority", "content-digest"), "target_not_signed"},
		"the path without the query":      {aParcel().covering("@method", "@authority", "@path", "content-digest"), "target_not_signed"},
		"the path of any host":            {aParcel().covering("@method", "@path", "@query", "content-digest"), "host_not_signed"},
		"the request target of any host":  {aParcel().covering("@method", "@request-target", "content-digest"), "host_not_signed"},
		"host, which is not @authority":   {aParcel().covering("@method", "@request-target", "host", "content-digest"), "host_not_signed"},
		"nothing at all":                  {aParcel().covering(), "signature_malformed"},
		"no digest on POST":               {aParcel().covering("@method", "@target-uri"), "digest_not_signed"},
		"no digest on an empty POST":      {aParcel().covering("@method", "@target-uri").but(func(p *parcel) { p.body = nil }), "digest_not_signed"},
		"no digest on a GET with a body":  {aFetch().but(func(p *parcel) { p.body = body }), "digest_not_signed"},
		"the digest of the other dialect": {aParcel().covering("@method", "@target-uri", "digest").but(func(p *parcel) { p.more.Set("Digest", digestOf(t, body)) }), "digest_not_signed"},
		"no created":                      {aParcel().but(func(p *parcel) { p.created = "" }), "date_not_signed"},
		"no created, but a date":          {aFetch().covering("@method", "@target-uri", "date").but(func(p *parcel) { p.created = ""; p.more.Set("Date", at(0)) }), "date_not_signed"},
		"created in text":                 {aParcel().but(func(p *parcel) { p.created = `;created="1"` }), "signature_malformed"},
		"created with a fraction":         {aParcel().but(func(p *parcel) { p.created = `;created=1.5` }), "signature_malformed"},
		"created below zero":              {aParcel().but(func(p *parcel) { p.created = `;created=-1` }), "signature_malformed"},
		"expires that says nothing":       {aParcel().but(func(p *parcel) { p.extra = `;expires` }), "signature_malformed"},
		"an hour in the future":           {aParcel().but(func(p *parcel) { p.created = ";created=" + seconds(61*time.Minute) }), "date_in_future"},
		"66 minutes old":                  {aParcel().but(func(p *parcel) { p.created = ";created=" + seconds(-66*time.Minute) }), "signature_expired"},
		"expired over an hour ago": {aParcel().but(func(p *parcel) {
			p.created, p.extra = ";created="+seconds(-3*time.Hour), ";expires="+seconds(-61*time.Minute)
		}), "signature_expired"},
		"good for more than 12 h": {aParcel().but(func(p *parcel) {
			p.created, p.extra = ";created="+seconds(-14*time.Hour), ";expires="+seconds(time.Hour)
		}), "signature_expired"},
		"an old date under a fresh created": {aFetch().covering("@method", "@target-uri", "date").but(func(p *parcel) { p.more.Set("Date", at(-48*time.Hour)) }), "signature_expired"},
		"a date that is none":               {aFetch().covering("@method", "@target-uri", "date").but(func(p *parcel) { p.more.Set("Date", "yesterday") }), "date_malformed"},
		"a host that is not ours":           {aParcel().but(func(p *parcel) { p.host = "eve.example" }), "wrong_host"},
		"our host on another port":          {aParcel().but(func(p *parcel) { p.host = "ours.example:8443" }), "wrong_host"},
		"a target on another host":          {aParcel().but(func(p *parcel) { p.signed[`"@target-uri"`] = "https://eve.example" + p.target }), "signature_wrong"},
		"a target by http":                  {aParcel().but(func(p *parcel) { p.signed[`"@target-uri"`] = "http://ours.example" + p.target }), "signature_wrong"},
		"a target without its query":        {aParcel().but(func(p *parcel) { p.signed[`"@target-uri"`] = "https://ours.example/inbox" }), "signature_wrong"},
		"a target as a proxy forwarded it": {aParcel().but(func(p *parcel) {
			p.signed[`"@target-uri"`] = "https://eve.example" + p.target
			p.more = forwarded("eve.example")
		}), "signature_wrong"},
		"another authority":                 {aParcel().covering("@method", "@authority", "@path", "@query", "content-digest").but(func(p *parcel) { p.signed[`"@authority"`] = "eve.example" }), "signature_wrong"},
		"a listed header that is not there": {aFetch().covering("@method", "@target-uri", "x-a"), "header_missing"},
		"the digest of another body":        {aParcel().but(func(p *parcel) { p.body = []byte(`{"type":"Delete"}`) }), "digest_mismatch"},
		"one right digest and one wrong":    {aParcel().but(func(p *parcel) { p.contentDigest += ", sha-512=:" + strings.Repeat("A", 86) + "==:" }), "digest_mismatch"},
		"a digest of 31 bytes": {aParcel().but(func(p *parcel) {
			p.contentDigest = "sha-256=:" + base64.StdEncoding.EncodeToString(make([]byte, 31)) + ":"
		}), "digest_malformed"},
		"a digest in text":                  {aParcel().but(func(p *parcel) { p.contentDigest = `sha-256="AAAA"` }), "digest_malformed"},
		"a digest of the other dialect":     {aParcel().but(func(p *parcel) { p.contentDigest = digestOf(t, body) }), "digest_malformed"},
		"a digest by MD5 only":              {aParcel().but(func(p *parcel) { p.contentDigest = "md5=:AAAA:" }), "digest_malformed"},
		"two digests by SHA-256":            {aParcel().but(func(p *parcel) { p.contentDigest = "sha-256=:AAAA:, " + p.contentDigest }), "parameter_twice"},
		"an unknown algorithm":              {aParcel().but(func(p *parcel) { p.alg = "hmac-sha256" }), "algorithm_not_taken"},
		"an algorithm in another case":      {aParcel().but(func(p *parcel) { p.alg = "ED25519" }), "algorithm_not_taken"},
		"an algorithm that is a token":      {aParcel().but(func(p *parcel) { p.extra = ";alg=ed25519" }), "algorithm_not_taken"},
		"RSA by a key of Ed25519":           {aParcel().but(func(p *parcel) { p.alg = "rsa-v1_5-sha256" }), "algorithm_mismatch"},
		"Ed25519 by a key of RSA":           {aParcel().but(func(p *parcel) { p.alg, p.key = "ed25519", ada() }), "algorithm_mismatch"},
		"PSS that is PKCS#1":                {aParcel().but(func(p *parcel) { p.alg, p.key = "rsa-pss-sha512", ada() }), "signature_wrong"},
		"PSS that does not say so":          {aParcel().but(func(p *parcel) { p.pss, p.key = true, ada() }), "signature_wrong"},
		"a component that is listed twice":  {aParcel().covering("@method", "@method", "@target-uri", "content-digest"), "header_listed_twice"},
		"a component in capitals":           {aParcel().covering("@method", "@target-uri", "Content-Digest"), "component_not_taken"},
		"a component that is a token":       {aFetch().but(func(p *parcel) { p.covered = append(p.covered, "host") }), "signature_malformed"},
		"@status":                           {aFetch().covering("@method", "@target-uri", "@status"), "component_not_taken"},
		"@query-param":                      {with9421(`"@query-param";name="from"`), "component_not_taken"},
		"@signature-params":                 {aFetch().covering("@method", "@target-uri", "@signature-params"), "component_not_taken"},
		"of the request that was answered":  {with9421(`"@authority";req`), "component_not_taken"},
		"a field as bytes":                  {with9421(`"host";bs`), "component_not_taken"},
		"a field as a structure":            {with9421(`"host";sf`), "component_not_taken"},
		"a key of a field":                  {with9421(`"host";key="a"`), "component_not_taken"},
		"a field of the trailer":            {with9421(`"host";tr`), "component_not_taken"},
		"a parameter that means no":         {with9421(`"host";sf=?0`), "component_not_taken"},
		"a covered component, then another": {with9421(`"@target-uri";req`), "component_not_taken"},
		"keyid twice":                       {aParcel().but(func(p *parcel) { p.extra = `;keyid="https://eve.example/key"` }), "parameter_twice"},
		"created twice":                     {aParcel().but(func(p *parcel) { p.extra = p.created }), "parameter_twice"},
		"the label twice":                   {aParcel().but(func(p *parcel) { p.behind = `, sig1=("@method");keyid="k";created=1` }), "parameter_twice"},
		"the label twice, in Signature":     {aParcel().but(func(p *parcel) { p.values = `, sig1=:AAAA:` }), "parameter_twice"},
		"five signatures":                   {aParcel().but(func(p *parcel) { p.behind = `, a=(), b=(), c=(), d=()` }), "too_many_signatures"},
		"another signature in front":        {aParcel().but(func(p *parcel) { p.front = `a=("@method" "@target-uri");keyid="k";created=1, ` }), "signature_missing"},
		"something else in front":           {aParcel().but(func(p *parcel) { p.front = `a, ` }), "signature_malformed"},
		"33 components":                     {aFetch().covering(slices.Repeat([]string{"x"}, 33)...), "signature_malformed"},
		"a header longer than any":          {aParcel().but(func(p *parcel) { p.extra = `;x="` + strings.Repeat("a", limits.SignatureHeader) + `"` }), "signature_malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := tc.parcel
			wantReason(t, believe(p.sent(t), p.body, p.key.Public()), tc.reason)
		})
	}
}

func with9421(component string) *parcel {
	return aFetch().but(func(p *parcel) { p.covered = append(p.covered, component) })
}

func forwarded(host string) http.Header {
	return http.Header{"X-Forwarded-Host": {host}, "X-Forwarded-Proto": {"https"}, "Forwarded": {"host=" + host + ";proto=https"}}
}

func TestOnlyKeysThatFitAreBelievedByRFC9421(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		key    crypto.PublicKey
		reason string
	}{
		"no key": {nil, "key_not_taken"}, "a nil RSA key": {(*rsa.PublicKey)(nil), "key_not_taken"}, "1024 bits": {&weak.PublicKey, "key_not_taken"},
		"a short key of Ed25519": {ed25519.PublicKey("short"), "key_not_taken"}, "a private key": {bob(), "key_not_taken"},
		"another key": {carol().Public(), "signature_wrong"}, "a key of another kind": {&ada().PublicKey, "signature_wrong"},
		"a key that is no point of the curve": {ed25519.PublicKey(strings.Repeat("\xff", 32)), "signature_wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantReason(t, believe(aFetch().sent(t), nil, tc.key), tc.reason)
		})
	}
}

func TestASignatureSaysWhatItIsAndCovers(t *testing.T) {
	t.Parallel()
	for dialect, r := range map[Dialect]*http.Request{Cavage: aPost().sent(t), RFC9421: aParcel().covering("@method", "@target-uri", "content-digest", "host").sent(t)} {
		s, err := Parse(r, origin+"/")
		if err != nil || s.Dialect() != dialect || s.KeyID != adasKey || !s.Covers("Host") || s.Covers("Collection-Synchronization") {
			t.Errorf("%s: read as %+v, %v", dialect, s, err)
		}
	}
}

// The same as in draft-cavage (interop.md §7 row 3): a signature by one's own key does
// not speak for the owner of another.
func TestAttack03SignedByOwnKeyUnderTheVictimsKeyIDByRFC9421(t *testing.T) {
	t.Parallel()
	p := aParcel() // says keyid of Ada
	p.key = carol()
	r := p.sent(t)
	s, err := Parse(r, origin)
	if err != nil || s.KeyID != adasKey {
		t.Fatalf("KeyID = %q, %v", s.KeyID, err)
	}
	wantReason(t, s.Verify(r, p.body, bob().Public(), now, hosts), "signature_wrong")
	r.Header.Set(inputHeader, strings.Replace(r.Header.Get(inputHeader), string(adasKey), "https://carol.example/key", 1))
	wantReason(t, believe(r, p.body, carol().Public()), "signature_wrong") // nor is the name changed afterwards
}

// What Bob signed for one body, place and time, sent again with another (interop.md
// §7 row 4).
func TestAttack04ReplayOfARequestSignedByRFC9421(t *testing.T) {
	t.Parallel()
	other := []byte(`{"type":"Delete"}`)
	sum := sha256.Sum256(other)
	otherDigest := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	in := func(header, was, is string) func(*http.Request) []byte {
		return func(r *http.Request) []byte {
			r.Header.Set(header, strings.Replace(r.Header.Get(header), was, is, 1))
			return body
		}
	}
	for name, tc := range map[string]struct {
		change func(r *http.Request) []byte
		reason string
	}{
		"nothing changed":                 {func(*http.Request) []byte { return body }, ""},
		"swap the body":                   {func(*http.Request) []byte { return other }, "digest_mismatch"},
		"swap the body and its digest":    {func(r *http.Request) []byte { r.Header.Set(digestHeader, otherDigest); return other }, "signature_wrong"},
		"add the digest of another body":  {func(r *http.Request) []byte { r.Header.Add(digestHeader, otherDigest); return other }, "parameter_twice"},
		"swap the host":                   {func(r *http.Request) []byte { r.Host = "eve.example"; return body }, "wrong_host"},
		"swap the path":                   {func(r *http.Request) []byte { r.RequestURI = "/users/bob/inbox?from=bob"; return body }, "signature_wrong"},
		"swap the query":                  {func(r *http.Request) []byte { r.RequestURI = "/inbox?from=eve"; return body }, "signature_wrong"},
		"swap the method":                 {func(r *http.Request) []byte { r.Method = "PUT"; return body }, "signature_wrong"},
		"drop content-digest":             {drop(digestHeader), "header_missing"},
		"drop content-digest of the list": {in(inputHeader, ` "content-digest"`, ""), "digest_not_signed"},
		"drop the method of the list":     {in(inputHeader, `"@method" `, ""), "target_not_signed"},
		"drop the target of the list":     {in(inputHeader, `"@target-uri" `, ""), "target_not_signed"},
		"drop created":                    {in(inputHeader, ";created="+seconds(0), ""), "date_not_signed"},
		"swap created":                    {in(inputHeader, seconds(0), seconds(time.Minute)), "signature_wrong"},
		"add expires":                     {in(inputHeader, ";keyid", ";expires="+seconds(time.Hour)+";keyid"), "signature_wrong"},
		"swap the key":                    {in(inputHeader, "ada.example", "eve.example"), "signature_wrong"},
		"swap the label":                  {in(inputHeader, "sig1=", "sig2="), "signature_missing"},
		"drop the signature":              {drop("Signature"), "signature_missing"},
		"a second list": {func(r *http.Request) []byte {
			r.Header.Add(inputHeader, `sig1=("@method");created=1;keyid="k"`)
			return body
		}, "parameter_twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := aParcel().sent(t)
			sent := tc.change(r)
			wantReason(t, believe(r, sent, bob().Public()), tc.reason)
		})
	}
	r := aParcel().sent(t)
	s, err := Parse(r, origin)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, s.Verify(r, body, bob().Public(), now.Add(66*time.Minute), hosts), "signature_expired")
	if s, err = Parse(r, "https://other.example"); err == nil { // what was for us, sent on to another
		err = s.Verify(r, body, bob().Public(), now, []string{"ours.example"})
	}
	wantReason(t, err, "signature_wrong")
}

// A request that is signed well in draft-cavage does not get a second chance when it also
// says that it is signed by RFC 9421, nor the other way round.
func TestAttack04OneSignatureIsNotReadInTwoDialects(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ input, reason string }{
		"an empty list":       {"", "signature_malformed"},
		"no list":             {"???", "signature_malformed"},
		"a list without time": {`sig1=("@method" "@target-uri" "content-digest");keyid="k"`, "signature_malformed"},
		"a whole list":        {`sig1=("@method" "@target-uri" "content-digest");keyid="k";created=` + seconds(0), "signature_malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := aPost()
			r := l.sent(t)
			wantReason(t, believe(r, l.body, &ada().PublicKey), "")
			r.Header.Set(inputHeader, tc.input)
			wantReason(t, believe(r, l.body, &ada().PublicKey), tc.reason)
		})
	}
	p := aParcel()
	r := p.sent(t)
	r.Header.Del(inputHeader)
	wantReason(t, believe(r, p.body, bob().Public()), "signature_malformed")

	l := aPost() // a dictionary that has the text of a good cavage signature as a value
	r = l.sent(t)
	r.Header.Set(inputHeader, `keyid=("@method");created=1;keyid="k"`)
	wantReason(t, believe(r, l.body, &ada().PublicKey), "signature_malformed")
}
