package server_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// agrees changes what Acme and Globex let each other do, as Acme has it.
func (b *board) agrees(lets, takes agreement.Grant) {
	b.acme.tx(func(tx *store.Tx) error {
		return tx.PutPartner(b.t.Context(), store.Partner{Host: b.globex.Host, Lets: lets.Raw(), Takes: takes.Raw()})
	})
}

// A group speaks to a partner's people for as long as the agreement has the words for
// it: that they may take part in our groups, and that we may have them in ours.
func TestAGroupDoesNotSpeakWhereTheWordForItIsWithdrawn(t *testing.T) {
	t.Parallel()
	all := agreement.Everything()
	for _, access := range []activity.Access{activity.AccessOpen, activity.AccessClosed, activity.AccessSecret} {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			b := newBoard(t, access)
			b.comes(b.bea)
			heard := func(text string) bool {
				t.Helper()
				b.acme.writes(b.alice, text, b.group)
				b.pump()
				return slices.Contains(b.globex.home(b.bea), text)
			}
			p := &party{company: b.globex}
			p.tap()
			quiet := func(text string) {
				t.Helper()
				p.takeHeard()
				if heard(text) {
					t.Errorf("she reads %q", text)
				}
				for _, said := range p.takeHeard() {
					if strings.Contains(said, string(b.group.ID)) {
						t.Errorf("%s: Globex hears of the group: %.200s", text, said)
					}
				}
			}
			b.agrees(allBut(agreement.JoinGroup), all)
			quiet("without group.join")
			b.agrees(all, allBut(agreement.HostGroup))
			quiet("without group.host")
			b.agrees(all, all)
			if !heard("as before") {
				t.Error("with the words she reads nothing")
			}
		})
	}
}

// What waits to be sent is not sent any more, either.
func TestWhatIsUnderWayStopsWithTheWord(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessOpen)
	b.comes(b.bea)
	hear := b.globex.deaf()
	b.acme.writes(b.alice, "late", b.group)
	var waiting []store.Deliver
	for _, job := range b.acme.tries() {
		var fan store.Fan
		b.acme.do(json.Unmarshal([]byte(job.Payload), &fan))
		ds, err := b.acme.Deliveries(t.Context(), fan)
		waiting = append(waiting, must(b.acme, ds, err)...)
	}
	hear()
	if len(waiting) == 0 {
		t.Fatal("nothing was under way")
	}
	b.agrees(allBut(agreement.JoinGroup), agreement.Everything())
	for _, d := range waiting {
		if err := b.acme.Deliver(t.Context(), d); reason(err) != "not_in_group" {
			t.Errorf("what waits for Globex: %v", err)
		}
	}
}
