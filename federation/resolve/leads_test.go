package resolve

import (
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/names"
	"entente.example/entente/store"
)

// What is found beyond is forgotten: a job has to fit into a message.
func TestSoManyLeadsAreTakenUp(t *testing.T) {
	t.Parallel()
	house := &Finder{House: names.House{Host: "acme.test", URL: "https://acme.test"}}
	for name, tc := range map[string]struct{ size, want int }{
		"short ones": {40, limits.Leads},
		"long ones":  {2000, limits.LeadBytes / 4000},
	} {
		w := &filling{Errand: &Errand{Finder: house}}
		id := "https://globex.test/"
		id += strings.Repeat("x", tc.size-len(id))
		for range limits.Leads + 1 {
			w.add(store.Lead{Kind: leadPost, ID: activity.ID(id), Of: activity.ID(id)})
		}
		if len(w.leads) != tc.want || w.bytes > limits.LeadBytes {
			t.Errorf("%s: %d leads with %d bytes", name, len(w.leads), w.bytes)
		}
	}
}
