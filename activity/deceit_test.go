package activity_test

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
)

func TestAttack15AHostIsComparedAsPunycode(t *testing.T) { // CVE-2023-42451
	t.Parallel()
	for _, other := range []activity.ID{"https://exаmple.com/x", "https://example.com.evil.test/x", "https://example%2ecom/x", "https://example.com@evil.test/x", "https://еxample.com/x", "http://example.com/x"} {
		if activity.SameOrigin("https://example.com/u", other) {
			t.Errorf("%s passes for example.com", other)
		}
	}
	for _, same := range []activity.ID{"https://EXAMPLE.com/x", "https://example.com./x", "https://example.com:443/x", "https://ｅxample.com/x", "https://example。com/x"} {
		if !activity.SameOrigin("https://example.com/u", same) {
			t.Errorf("%s is another host than example.com", same)
		}
	}
}

func TestAttack15AHostInMixedScriptsIsShownAsPunycode(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"exаmple.com": "xn--exmple-4nf.com", "аррӏе.com": "xn--80ak6aa92e.com", "EXAMPLE.com.": "example.com", "bücher.example:8080": "bücher.example:8080",
		"пример.example": "пример.example", "例え.example": "例え.example", "xn--exmple-4nf.com": "xn--exmple-4nf.com", "bob\u306e.example": "xn--bob-nc4b.example", "\u306e\u30a2.example": "\u306e\u30a2.example", "paypaⅼ.com": "paypal.com",
	} {
		if got, err := activity.ShownHost(host); err != nil || got != want {
			t.Errorf("%s is shown as %q, %v", host, got, err)
		}
	}
	for _, host := range []string{"example%2ecom", "", "a b.com", "<script>"} {
		if got, err := activity.ShownHost(host); err == nil {
			t.Errorf("%q is a host: %q", host, got)
		}
	}
}

// deceptions are links, and the host that has to be said after each; "" for honest ones.
var deceptions = map[string]string{
	`<a href="https://evil.test/">https://example.com/login</a>`:         "evil.test",
	`<a href="https://evil.test/">example.com</a>`:                       "evil.test",
	`<a href="https://evil.test/">www.example.com</a>`:                   "evil.test",
	`<a href="https://evil.test/"><span>exam</span>ple<b>.com</b></a>`:   "evil.test",
	`<a href="https://evil.test/">example.com.</a>`:                      "evil.test",
	`<a href="https://evil.test/">EXAMPLE.COM</a>`:                       "evil.test",
	`<a href="https://evil.test/">example%2ecom</a>`:                     "evil.test",
	`<a href="https://exаmple.com/">exаmple.com</a>`:                     "xn--exmple-4nf.com",
	`<a href="https://xn--exmple-4nf.com/">exаmple.com</a>`:              "xn--exmple-4nf.com",
	`<a href="https://example.com.evil.test/">example.com</a>`:           "example.com.evil.test",
	`<a href="https://example.com@evil.test/">https://example.com/</a>`:  "evil.test",
	`<a href="https://evil.test\@example.com/">example.com</a>`:          "", // no address at all: the link is dropped
	`<a href="https://example.com/x">https://<wbr>example.com/x…</a>`:    "",
	`<a href="https://example.com./x">EXAMPLE.com</a>`:                   "",
	`<a href="https://www.example.com/x">example.com</a>`:                "",
	`<a href="https://evil.test/">click here</a>`:                        "",
	`<a href="https://evil.test/">Version 1.2 of it</a>`:                 "",
	`<a href="https://globex.example/@bea" class="mention">@bea</a>`:     "",
	`<a href="https://bücher.example/">https://bücher.example/a?b#c</a>`: "",
}

func TestAttack15ALinkThatLooksLikeAnotherSaysWhereItLeads(t *testing.T) { // CVE-2023-36462
	t.Parallel()
	for link, host := range deceptions {
		got := activity.RevealAll(activity.Sanitise("<p>" + link + " and more</p>"))
		said := ""
		if _, rest, ok := strings.Cut(got, "</a> ["); ok {
			said, _, _ = strings.Cut(rest, "]")
		}
		if said != host {
			t.Errorf("%s\nbecomes %s", link, got)
		}
	}
}

func TestAttack23TheSanitiserEndsOnWhateverItGets(t *testing.T) { // CVE-2026-50129
	t.Parallel()
	for _, s := range []string{
		"<math>", "<math><annotation-xml>", "</math><math></annotation></semantics>", `<math><semantics><annotation encoding="application/x-tex">x</annotation>`,
		`<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><annotation>`, strings.Repeat("<math><mi>", 20_000), strings.Repeat("<p>", 300_000),
		strings.Repeat("<a href=x>", 50_000), strings.Repeat("</p>", 300_000), strings.Repeat("<!--", 200_000), strings.Repeat("<svg><style>", 20_000),
		"<a href=\"" + strings.Repeat("x", 900_000), strings.Repeat("&", 900_000), strings.Repeat("<table><tr>", 30_000), "<\x00\xff\xfe>", "<a\xc3 href=\xc3>",
	} {
		kept := activity.Sanitise(s)
		if strings.Contains(kept, "<math") || len(kept) > 12*len(s)+100 {
			t.Errorf("%.40q becomes %.80q of %d bytes", s, kept, len(kept))
		}
		harmless(t, activity.RevealAll(kept))
		_ = activity.PlainText(s)
	}
}
