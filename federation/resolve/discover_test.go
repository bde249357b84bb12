package resolve

import "testing"

func TestAHostBelongsToTheDomainThatSomebodyRegistered(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"evil.example":            "evil.example",
		"a.b.c.evil.example:8443": "evil.example",
		"social.acme.co.uk":       "acme.co.uk",
		"co.uk":                   "co.uk",
		"one.github.io":           "github.io", // rented out by one provider
		"192.0.2.7:443":           "192.0.2.7",
		"[2001:db8::1]:443":       "2001:db8::1",
		"localhost":               "localhost",
		"x.y.localhost:80":        "y.localhost",
	} {
		if got := Domain(host); got != want {
			t.Errorf("%s belongs to %s, not to %s", host, got, want)
		}
	}
}
