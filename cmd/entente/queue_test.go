package main

import (
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/store"
)

func TestWhatWaitsAndWhatWasGivenUpIsShownAndTriedAgain(t *testing.T) {
	t.Parallel()
	env := acme(t)
	if out := does(t, env, "queue", "status"); !strings.Contains(out, "this instance is not running") || !strings.Contains(out, "Nothing has been delivered") {
		t.Error(out)
	}
	db := open(t, env)
	change(t, db, func(tx *store.Tx) error {
		if _, err := tx.Failed(t.Context(), "globex.example", "HTTP 500", false, 1, func(int) time.Time { return tx.Now.Add(time.Hour) }); err != nil {
			return err
		}
		wait := store.Parked{Job: "deliver-1", Kind: "deliver", Payload: "{}", Host: "globex.example", Tries: 3, DueAt: tx.Now.Add(time.Hour), Reason: "HTTP 500"}
		dead := store.Parked{Job: "deliver-2", Kind: "deliver", Payload: "{}", Host: "globex.example", Tries: 12, DueAt: tx.Now, DeadAt: bun.NullTime{Time: tx.Now}, Reason: "HTTP 400",
			Status: 400, Answer: "no \x1b[31msuch\x00 inbox"}
		if err := tx.NoteRates(t.Context(), map[string]store.Ran{"deliver": {Ran: 50, Failed: 10, Seconds: 5}}, map[string]int{"globex.example": 100}); err != nil {
			return err
		}
		if err := tx.Settle(t.Context(), []store.Settled{{Deliver: store.Deliver{Inbox: "https://globex.example/inbox"}, Outcome: "HTTP 400"}}); err != nil {
			return err
		}
		if err := tx.Paused(t.Context(), "hooli.example", "HTTP 429", tx.Now.Add(time.Hour)); err != nil {
			return err
		}
		if err := tx.Park(t.Context(), wait); err != nil {
			return err
		}
		return tx.Park(t.Context(), dead)
	})
	for _, step := range []struct {
		args []string
		want []string
	}{
		{[]string{"status"}, []string{"parked  1 ", "dead    1 ", "globex.example  down since ", ", next probe ", "HTTP 500",
			"deliver ", "  100ms  ", "  1        1       -  ", "  1         HTTP 500", "hooli.example   wants nothing until "}},
		{[]string{"parked"}, []string{"deliver-1  globex.example  3 ", "NEXT TRY"}},
		{[]string{"dead"}, []string{"deliver-2  globex.example  12 ", "GIVEN UP", "400 no [31msuch inbox  HTTP 400"}},
		{[]string{"show", "deliver-2"}, []string{"answer    400 no [31msuch inbox", "tries     12", "next try  -"}},
		{[]string{"retry", "--job", "deliver-2"}, []string{"deliver-2 is due now."}},
		{[]string{"status"}, []string{"parked  2 ", "dead    0 ", "globex.example  down since "}},
		{[]string{"retry", "Globex.Example"}, []string{"2 deliveries for globex.example due now."}},
		{[]string{"status"}, []string{"parked  2 ", "dead    0 ", "globex.example  up "}},
		{[]string{"dead"}, []string{"Nothing was given up."}},
		{[]string{"retry", "initech.example"}, []string{"0 deliveries for initech.example due now."}},
	} {
		out := does(t, env, append([]string{"queue"}, step.args...)...)
		for _, want := range step.want {
			if !strings.Contains(out, want) {
				t.Errorf("queue %v says\n%swant %q", step.args, out, want)
			}
		}
	}
}
