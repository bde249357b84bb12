package httpsign

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

func TestParseRefusesWhatIsNotOneCleanSignature(t *testing.T) {
	t.Parallel()
	const good = `keyId="https://ada.example/key",headers="(request-target) host date",signature="AAAA"`
	for name, tc := range map[string]struct {
		header http.Header
		reason string
	}{
		"good":                                 {http.Header{"Signature": {good}}, ""},
		"good, with blanks":                    {http.Header{"Signature": {strings.ReplaceAll(strings.ReplaceAll(good, `",`, "\" ,\t"), `="`, ` = "`)}}, ""},
		"good, in Authorization":               {http.Header{"Authorization": {"signature " + good}}, ""},
		"good, beside a bearer token":          {http.Header{"Signature": {good}, "Authorization": {"Bearer x"}}, ""},
		"unsigned":                             {http.Header{}, "unsigned"},
		"unsigned, with a bearer token":        {http.Header{"Authorization": {"Bearer x"}}, "unsigned"},
		"two headers":                          {http.Header{"Signature": {good, good}}, "signature_twice"},
		"one in each place":                    {http.Header{"Signature": {good}, "Authorization": {"Signature " + good}}, "signature_twice"},
		"RFC 9421 without a key":               {http.Header{"Signature": {"sig1=:AAAA:"}, "Signature-Input": {`sig1=("@method")`}}, "key_id_missing"},
		"RFC 9421 around a cavage one":         {http.Header{"Signature": {good}, "Signature-Input": {`sig1=("@method");keyid="k";created=1`}}, "signature_malformed"},
		"empty":                                {http.Header{"Signature": {""}}, "signature_malformed"},
		"too long":                             {http.Header{"Signature": {good + `,x="` + strings.Repeat("a", limits.SignatureHeader) + `"`}}, "signature_malformed"},
		"a quote that does not end":            {http.Header{"Signature": {good + `,x="`}}, "signature_malformed"},
		"a backslash":                          {http.Header{"Signature": {good + `,x="\""`}}, "signature_malformed"},
		"a comma at the end":                   {http.Header{"Signature": {good + `,`}}, "signature_malformed"},
		"text after a quoted value":            {http.Header{"Signature": {good + `x`}}, "signature_malformed"},
		"a name without a value":               {http.Header{"Signature": {good + `,x`}}, "signature_malformed"},
		"a value without a name":               {http.Header{"Signature": {good + `,="x"`}}, "signature_malformed"},
		"a signature that is not base64":       {http.Header{"Signature": {strings.Replace(good, "AAAA", "!!! not base64 !!!", 1)}}, "signature_malformed"},
		"no keyId":                             {http.Header{"Signature": {strings.Replace(good, "keyId", "key", 1)}}, "key_id_missing"},
		"a keyId longer than an id":            {http.Header{"Signature": {strings.Replace(good, "ada.example", strings.Repeat("a", limits.ID), 1)}}, "key_id_missing"},
		"no signature":                         {http.Header{"Signature": {strings.Replace(good, "signature=", "sig=", 1)}}, "signature_missing"},
		"keyId twice":                          {http.Header{"Signature": {good + `,keyId="https://eve.example/key"`}}, "parameter_twice"},
		"headers twice":                        {http.Header{"Signature": {good + `,headers="date"`}}, "parameter_twice"},
		"an unknown parameter twice":           {http.Header{"Signature": {good + `,x=1,x=1`}}, "parameter_twice"},
		"hmac":                                 {http.Header{"Signature": {good + `,algorithm="hmac-sha256"`}}, "algorithm_not_taken"},
		"an empty list of headers":             {http.Header{"Signature": {strings.Replace(good, "(request-target) host date", "", 1)}}, "signature_malformed"},
		"too many headers":                     {http.Header{"Signature": {strings.Replace(good, "host", strings.Repeat("a ", limits.SignedParts), 1)}}, "signature_malformed"},
		"no list of headers means date":        {http.Header{"Signature": {`keyId="k",signature="AAAA"`}}, "target_not_signed"},
		"no list in hs2019 means (created)":    {http.Header{"Signature": {`keyId="k",signature="AAAA",algorithm="hs2019"`}}, "header_missing"},
		"created that is not a number":         {http.Header{"Signature": {good + `,created=now`}}, "signature_malformed"},
		"created with a sign":                  {http.Header{"Signature": {good + `,created=-1`}}, "signature_malformed"},
		"created beyond all time":              {http.Header{"Signature": {good + `,created=99999999999999`}}, "signature_malformed"},
		"expires with a fraction":              {http.Header{"Signature": {good + `,expires="1.5"`}}, "signature_malformed"},
		"a header listed that was not sent":    {http.Header{"Signature": {strings.Replace(good, "host", "host digest", 1)}}, "header_missing"},
		"a made up pseudo header in the list":  {http.Header{"Signature": {strings.Replace(good, "host", "host (x)", 1)}}, "header_missing"},
		"the same header listed in other case": {http.Header{"Signature": {strings.Replace(good, "host", "host Host", 1)}}, "header_listed_twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequest(http.MethodGet, "https://ours.example/a", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = tc.header
			r.Header.Set("Date", at(0))
			s, err := Parse(r, origin)
			wantReason(t, err, tc.reason)
			if err == nil && s.KeyID != "https://ada.example/key" {
				t.Errorf("KeyID = %q", s.KeyID)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`keyId="https://a.example/k",algorithm="rsa-sha256",headers="(request-target) host date",signature="AAAA"`,
		`keyId=k,algorithm=hs2019,created=1,expires="2",headers="(created) (expires) host (request-target)",signature="AA=="`,
		`keyId="a,b=c" , signature = "AAAA"`, `="",=,"`, `keyId="\"",signature=x`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := http.NewRequest(http.MethodGet, "https://ours.example/a?b", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Date", at(0))
		r.Header.Set("Signature", text)
		s, err := Parse(r, origin)
		if err != nil {
			if f := activity.FaultOf(err); f.Kind != activity.Unauthenticated || f.Reason == "" || f.Say == "" {
				t.Fatalf("err = %#v", f)
			}
			return
		}
		if s.KeyID == "" || len(s.value) == 0 || !s.lists("host") || !s.lists(target) {
			t.Fatalf("a weak signature was taken: %+v", s)
		}
		if err := s.Verify(r, nil, &ada().PublicKey, now, hosts); err == nil {
			t.Fatal("a made up signature was believed")
		}
	})
}

// FuzzParseMessage: nothing that is made up is believed, every refusal has a reason,
// and what is read says the same when it is read again from what it was signed as.
func FuzzParseMessage(f *testing.F) {
	for _, p := range []*parcel{aParcel(), aFetch(), with9421(`"host";sf;key="a"`), aFetch().covering("@method", "@authority", "@path", "@query", "date", "x-a"),
		aFetch().but(func(p *parcel) {
			p.behind, p.values, p.extra = `, b=();created=1`, ", b=:AA==:", `;nonce="\"";tag=a;x=?1;y=1.5;z=:AA==:;w=@1;v=%"a"`
		})} {
		r := p.sent(f)
		f.Add(r.Header.Get(inputHeader), r.Header.Get("Signature"), r.Header.Get(digestHeader))
	}
	f.Add(`sig1=("@method" "@target-uri");created=1;keyid="k";x=%"\"`, `sig1=:AA==:`, `sha-256=:AA==:, sha-256;a`)
	f.Fuzz(func(t *testing.T, input, signature, digest string) {
		r, err := http.NewRequest(http.MethodPost, "https://ours.example/a?b", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Date": {at(0)}, inputHeader: {input}, "Signature": {signature}, digestHeader: {digest}}
		s, err := Parse(r, origin)
		if err == nil {
			if s.KeyID == "" || len(s.value) == 0 || s.created.IsZero() || !s.lists(method) || !s.lists(contentDigest) || s.dialect != RFC9421 {
				t.Fatalf("a weak signature was taken: %+v", s)
			}
			r.Header[inputHeader] = []string{"sig1=" + s.params}
			r.Header["Signature"] = []string{"sig1=:AA==:"}
			again, err := Parse(r, origin)
			if err != nil || again.params != s.params || again.KeyID != s.KeyID || !slices.Equal(again.covered, s.covered) || !again.created.Equal(s.created) {
				t.Fatalf("%s is read as %s, %v", s.params, again.params, err)
			}
			err = s.Verify(r, nil, carol().Public(), s.created, hosts)
			if err == nil {
				t.Fatal("a made up signature was believed")
			}
		}
		if f := activity.FaultOf(err); err != nil && (f.Kind != activity.Unauthenticated || f.Reason == "" || f.Say == "") {
			t.Fatalf("err = %#v", f)
		}
	})
}

// FuzzDigest: a digest is believed only where the one that we would write is in it.
func FuzzDigest(f *testing.F) {
	for _, seed := range []string{
		"SHA-256=" + sha256Of(body), "sha-512=AAAA, sha-256=" + sha256Of(body), "sha-256=:" + sha256Of(body) + ":", "sha-256=:AA==:, sha-512=:AA==:",
		"sha-256=:" + sha256Of(body) + ":;a;a, b=(1 2);c", "=,=", "",
	} {
		f.Add(seed, body)
	}
	f.Fuzz(func(t *testing.T, text string, sent []byte) {
		for name, check := range map[string]func(http.Header, []byte) error{"Digest": checkDigest, digestHeader: checkContentDigest} {
			err := check(http.Header{name: {text}}, sent)
			short, long := sha256.Sum256(sent), sha512.Sum512(sent)
			loose := strings.NewReplacer("=", "", " ", "").Replace(text)
			holds := func(sum []byte) bool {
				return strings.Contains(loose, base64.RawStdEncoding.EncodeToString(sum)[:len(sum)*4/3])
			}
			if err == nil && !holds(short[:]) && !holds(long[:]) {
				t.Fatalf("%s: %q was believed", name, text)
			}
			if f := activity.FaultOf(err); err != nil && (f.Kind != activity.Unauthenticated || f.Reason == "" || f.Say == "") {
				t.Fatalf("err = %#v", f)
			}
		}
	})
}
