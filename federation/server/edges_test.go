package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Each of these goes up to a limit, and one further.

func TestAPostOfOursNamesSoManyPeopleAndWarnsSoMuch(t *testing.T) {
	t.Parallel()
	acme := found(t, "acme", false)
	alice, many := acme.person("alice"), ""
	for i := range limits.Mentions {
		many += fmt.Sprintf("@nobody%d ", i)
	}
	for reason, drafts := range map[string][2]federation.Draft{
		"many_mentions": {{Text: many}, {Text: many + "@alice"}},
		"long_warning":  {{Text: "x", Warning: strings.Repeat("é", limits.Warning)}, {Text: "x", Warning: strings.Repeat("é", limits.Warning+1)}},
	} {
		for beyond, draft := range drafts {
			if _, err := acme.Post(t.Context(), alice, draft); (activity.FaultOf(err).Reason == reason) != (beyond == 1) {
				t.Errorf("%s, %d beyond: %v", reason, beyond, err)
			}
		}
	}
}

func TestAWishIsRepeatedSoOften(t *testing.T) {
	t.Parallel()
	acme, alice, _, bea := guest(t)
	acme.do(acme.Follow(t.Context(), alice, acme.knows(bea)))
	pump(t, acme)
	for _, n := range []int{limits.Reminders - 1, limits.Reminders} {
		jobs, err := acme.db.ParkedJobs(t.Context(), false, 10)
		acme.do(err)
		if len(jobs) != 1 {
			t.Fatalf("before reminder %d there are %d", n, len(jobs))
		}
		var fan store.Fan
		acme.do(json.Unmarshal([]byte(jobs[0].Payload), &fan))
		fan.Reminder = n
		payload, err := json.Marshal(fan)
		acme.do(err)
		acme.exec("DELETE FROM parked")
		acme.do(acme.run(t.Context(), jobs[0].Kind, payload))
	}
	if jobs, err := acme.db.ParkedJobs(t.Context(), false, 10); err != nil || len(jobs) != 0 {
		t.Errorf("after the last one there are %d, %v", len(jobs), err)
	}
}

// The first answer is easily lost; who never answers is not asked all the time (interop §3.3).
func TestAWishIsRepeatedLaterAndLater(t *testing.T) {
	t.Parallel()
	acme, alice, _, bea := guest(t)
	before := time.Now()
	acme.do(acme.Follow(t.Context(), alice, acme.knows(bea)))
	for n, want := range []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		pump(t, acme)
		jobs, err := acme.db.ParkedJobs(t.Context(), false, 10)
		if acme.do(err); len(jobs) != 1 {
			t.Fatalf("before reminder %d there are %d", n+1, len(jobs))
		}
		if due := jobs[0].DueAt; due.Before(before.Add(want-time.Second)) || due.After(time.Now().Add(want)) {
			t.Errorf("reminder %d is due at %v, not %v after %v", n+1, due, want, before)
		}
		acme.exec("DELETE FROM parked")
		before = time.Now()
		acme.do(acme.run(t.Context(), jobs[0].Kind, []byte(jobs[0].Payload)))
	}
}

func TestWhatCameLongBeforeAWishIsNotShownForIt(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	acme.do(acme.Follow(t.Context(), alice, acme.knows(bea)))
	pump(t, acme)
	e, err := acme.db.Edge(t.Context(), store.Follow, alice.Key, acme.knows(bea).Key)
	acme.do(err)
	for path, before := range map[string]time.Duration{"/notes/within": limits.CatchUpSkew - time.Second, "/notes/before": limits.CatchUpSkew + time.Second} {
		create := globex.create(bea, path, path)
		create["object"].(map[string]any)["published"] = e.Key.Time().Add(-before).UTC().Format(time.RFC3339Nano)
		globex.send(acme, create)
	}
	pump(t, acme)
	globex.send(acme, map[string]any{"id": bea + "#yes", "type": "Accept", "actor": bea, "object": e.IRI})
	pump(t, acme)
	if got := acme.home(alice); !slices.Equal(got, []string{"/notes/within"}) {
		t.Errorf("alice sees %q", got)
	}
}

func TestOfWhatOneStampAllowsSoMuchFallsWithIt(t *testing.T) {
	t.Parallel()
	acme, _, globex, bea := guest(t)
	for i := range limits.StampQuotes + 1 {
		globex.send(acme, globex.create(bea, fmt.Sprint("/notes/", i), "quoting"))
	}
	pump(t, acme)
	acme.exec("INSERT INTO quotes (note, iri, state, stamp) SELECT key, 'https://initech.example/1', 'accepted', 'https://initech.example/stamp' FROM notes")
	if got, err := acme.db.QuotesByStamp(t.Context(), "https://initech.example/stamp"); err != nil || len(got) != limits.StampQuotes {
		t.Errorf("there are %d, %v", len(got), err)
	}
}

// Votes of the same minute are told together, when it is over.
func TestVotesAreToldAMinuteAtATime(t *testing.T) {
	t.Parallel()
	acme, alice, globex, bea := guest(t)
	poll, err := acme.Post(t.Context(), alice, federation.Draft{Text: "which?", Poll: &federation.Poll{Options: []string{"one", "two"}, Open: time.Hour}})
	acme.do(err)
	pump(t, acme)
	acme.exec("DELETE FROM parked")
	began := time.Now()
	acme.takes(globex, globex.vote(bea, "/votes/1", alice.ID, poll.ID, "one"))
	jobs, err := acme.db.ParkedJobs(t.Context(), false, 10)
	acme.do(err)
	if len(jobs) != 1 {
		t.Fatalf("there are %d", len(jobs))
	}
	due := jobs[0].DueAt
	if !due.Equal(due.Truncate(limits.TallyEvery)) || due.Before(began) || time.Until(due) > limits.TallyEvery {
		t.Errorf("at %s it is told at %s", began, due)
	}
}
