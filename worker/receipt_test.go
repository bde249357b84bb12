package worker

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// posts records an activity of that moment about a post, and promises to bring it out.
func posts(t *testing.T, db *store.Store, note store.Key, at time.Time) (activityKey store.Key) {
	t.Helper()
	key := store.NewKey(at)
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Record(t.Context(), store.Recorded{Key: key, IRI: activity.ID("https://acme.example/activities/" + key.String()), Type: "Create", Actor: 1, Note: note, Local: true, Outcome: store.Applied, Raw: []byte("{}")}); err != nil {
			return err
		}
		return tx.Enqueue(t.Context(), store.Fan{Activity: key, Sender: 1, Object: int64(note)})
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// receipts are those of a note by host; there is one a host.
func receipts(t *testing.T, db *store.Store, note store.Key) map[string]store.Receipt {
	t.Helper()
	rs, err := db.Receipts(t.Context(), note)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]store.Receipt{}
	for _, r := range rs {
		if _, twice := by[r.Host]; twice {
			t.Errorf("%s has two lines: %+v", r.Host, rs)
		}
		by[r.Host] = r
	}
	return by
}

// brings is an engine that brings everything to these hosts, each of which answers.
func brings(answer map[string]func(context.Context) error) *engine {
	hosts := []string{}
	for host := range answer {
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	return &engine{
		deliveries: func(_ context.Context, f store.Fan) (ds []store.Deliver, _ error) {
			for _, host := range hosts {
				ds = append(ds, store.Deliver{Activity: f.Activity, Sender: f.Sender, Inbox: inbox(host), Object: f.Object})
			}
			return ds, nil
		},
		deliver: func(ctx context.Context, d store.Deliver) error { return answer[d.Host()](ctx) },
	}
}

func TestReceiptsSayHowFarAPostHasComeWithEachCompany(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	const note = store.Key(7)
	e := brings(map[string]func(context.Context) error{
		"up.test":      func(context.Context) error { return nil },
		"refuses.test": func(context.Context) error { return answers(http.StatusForbidden, activity.Denied, 0) },
		"away.test":    func(context.Context) error { return unreachable() },
		"paused.test":  func(context.Context) error { return answers(http.StatusTooManyRequests, activity.Later, time.Hour) },
		"slow.test":    func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	})
	w := quick(db, js, e)
	w.tempo.deliveries, w.tempo.probes = backoff{time.Hour, 1, time.Hour}, backoff{time.Hour, 1, time.Hour}
	begun := time.Now()
	posts(t, db, note, begun)
	start(t, w)
	var by map[string]store.Receipt
	soon(t, "each has answered but the slow one", func() bool {
		by = receipts(t, db, note)
		return by["up.test"].State == store.Delivered && by["refuses.test"].State == store.Refused && by["away.test"].State == store.Waiting && by["paused.test"].State == store.Waiting
	})
	if len(by) != 5 {
		t.Errorf("there are %d lines: %+v", len(by), by)
	}
	late := begun.Add(30 * time.Minute)
	for host, want := range map[string]struct {
		state, reason string
		arrived, due  bool
	}{
		"up.test": {store.Delivered, "", true, false}, "refuses.test": {store.Refused, "refused_403", false, false}, "away.test": {store.Waiting, "unreachable", false, true},
		"paused.test": {store.Waiting, "refused_429", false, true}, "slow.test": {store.Queued, "", false, false},
	} {
		r := by[host]
		if r.State != want.state || r.Reason != want.reason || r.DeliveredAt.IsZero() == want.arrived || r.Until.After(late) != want.due || r.Until.IsZero() == want.due {
			t.Errorf("%s: %+v, want %+v", host, r, want)
		}
		if r.QueuedAt.Before(begun.Add(-time.Minute)) || r.Message == "" && want.reason != "" {
			t.Errorf("%s: %+v", host, r)
		}
	}
	if m := by["refuses.test"].Message; !strings.Contains(m, "no, thanks") {
		t.Errorf("why it was refused: %q", m)
	}
	if other := receipts(t, db, note+1); len(other) != 0 {
		t.Errorf("another post has %+v", other)
	}
	posts(t, db, note+1, time.Now())
	soon(t, "the next post waits too, untried", func() bool {
		r := receipts(t, db, note+1)["paused.test"]
		return r.State == store.Waiting && r.Reason == "host_asked" && r.Until.After(late)
	})
}

func TestReceiptsSpeakOfTheLatestVersion(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	const note = store.Key(7)
	var second store.Key
	e := brings(map[string]func(context.Context) error{"one.test": nil, "two.test": nil})
	e.deliver = func(_ context.Context, d store.Deliver) error {
		if d.Activity == second && d.Host() == "two.test" {
			return unreachable()
		}
		return nil
	}
	w := quick(db, js, e)
	w.tempo.deliveries = backoff{time.Hour, 1, time.Hour}
	first := posts(t, db, note, time.Now())
	second = first + 1<<16 // the first has ended before anybody looks at it
	stop := start(t, w)
	soon(t, "the first version is everywhere", func() bool {
		by := receipts(t, db, note)
		return by["one.test"].State == store.Delivered && by["two.test"].State == store.Delivered
	})
	stop()
	second = posts(t, db, note, time.Now().Add(time.Second))
	start(t, quick(db, js, e))
	soon(t, "the second is not", func() bool {
		by := receipts(t, db, note)
		return by["one.test"].QueuedAt.After(by["two.test"].DeliveredAt) && by["one.test"].State == store.Delivered && by["two.test"].State == store.Waiting
	})
	if r := receipts(t, db, note)["two.test"]; r.DeliveredAt.IsZero() {
		t.Errorf("the first version has arrived: %+v", r)
	}
}

func TestAReceiptSaysWhatWasGivenUp(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	const note = store.Key(7)
	e := brings(map[string]func(context.Context) error{
		"away.test":   func(context.Context) error { return unreachable() },
		"paused.test": func(context.Context) error { return answers(http.StatusTooManyRequests, activity.Later, time.Hour) },
	})
	posts(t, db, note, time.Now().Add(-patience-time.Hour))
	start(t, quick(db, js, e))
	soon(t, "both are given up", func() bool {
		by := receipts(t, db, note)
		return by["away.test"].State == store.GivenUp && by["paused.test"].State == store.GivenUp
	})
	if r := receipts(t, db, note)["away.test"]; r.Reason != "unreachable" || !r.Until.IsZero() {
		t.Errorf("%+v", r)
	}
}
