package activity_test

import "testing"

// Whichever name a quote goes by elsewhere, it is one; a link is none.
func TestAQuoteIsReadUnderEveryName(t *testing.T) {
	t.Parallel()
	const one, other = "https://b.example/1", "https://b.example/2"
	for sent, want := range map[string]string{
		`"quote":"` + one + `","quoteUrl":"` + other + `"`: one, // FEP-044f
		`"quoteUrl":"` + one + `"`:                         one, // Pleroma, Akkoma
		`"quoteURL":"` + one + `"`:                         one, // Fedibird
		`"quoteUri":"` + one + `"`:                         one, // the same
		`"_misskey_quote":"` + one + `"`:                   one, // Misskey
		`"tag":{"type":"Link","mediaType":"application/activity+json","href":"` + one + `","name":"RE: it"}`:                                                                                  one, // FEP-e232
		`"tag":[{"type":"Link","mediaType":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"` + one + `","rel":"https://misskey-hub.net/ns#_misskey_quote"}]`: one,
		`"tag":{"type":"Link","mediaType":"application/activity+json","href":"` + one + `","name":"see it"}`:                                                                                  "",
		`"tag":{"type":"Link","mediaType":"text/html","href":"` + one + `","name":"RE: it"}`:                                                                                                  "",
		`"quote":"javascript:x"`: "",
		`"quote":null`:           "",
	} {
		if got := noteWith(t, ","+sent).Quote.ID; string(got) != want {
			t.Errorf("%s quotes %q", sent, got)
		}
	}
}
