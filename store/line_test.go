package store_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

func TestWhatWaitsIsCountedForTheHostsWithMostAndForAllOthersTogether(t *testing.T) {
	t.Parallel()
	db, ctx := storetest.New(t), t.Context()
	begun := time.Now().Add(-time.Hour)
	key := func(n int64) store.Key { return store.Key(begun.UnixMilli()<<16 + n) }
	for n, hosts := range [][]string{{"a.test", "b.test", "c.test"}, {"a.test", "b.test"}, {"a.test"}} {
		var ds []store.Deliver
		for _, host := range hosts {
			ds = append(ds, store.Deliver{Activity: key(int64(n)), Sender: 1, Inbox: "https://" + host + "/inbox"})
		}
		if _, err := db.PutDeliveries(ctx, ds, false, begun); err != nil {
			t.Fatal(err)
		}
	}
	park(t, db, "a.test", time.Hour, "x", "y")
	down(t, db, "a.test", time.Hour)
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		return tx.Settle(ctx, []store.Settled{{Deliver: store.Deliver{Activity: key(0), Inbox: "https://c.test/inbox"}, Outcome: "too_late"}})
	})
	lines, err := db.Lines(ctx, 1)
	if err != nil || len(lines) != 2 {
		t.Fatal(lines, err)
	}
	a, rest := lines[0], lines[1]
	if a.Host.Host != "a.test" || a.Waiting != 3 || a.Parked != 2 || !a.Down() || a.ProbeAt.IsZero() || a.Oldest.Sub(begun).Abs() > time.Second {
		t.Errorf("a.test: %+v", a)
	}
	if rest.Host.Host != "" || rest.Hosts != 2 || rest.Waiting != 2 || rest.Parked != 0 || rest.Dropped != 1 {
		t.Errorf("the others: %+v", rest)
	}
	if lines, err = db.Lines(ctx, 3); err != nil || len(lines) != 3 || lines[2].Host.Host != "c.test" || !lines[2].Oldest.IsZero() {
		t.Errorf("all: %+v, %v", lines, err)
	}
}

func TestRatesOfSeveralWorkersAddUpAndFade(t *testing.T) {
	t.Parallel()
	db, ctx := storetest.New(t), t.Context()
	for _, m := range []struct {
		host, kind string
		ago        time.Duration
	}{{"a.test", "a", 0}, {"a.test", "a", 0}, {"b.test", "b", store.Recent}, {"b.test", "b", store.Recent}, {"c.test", "c", 20 * 365 * 24 * time.Hour}} {
		in(t, db, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = tx.Now.Add(-m.ago)
			return tx.NoteRates(ctx, map[string]store.Ran{m.kind: {Ran: 50, Failed: 5, Seconds: 25}}, map[string]int{m.host: 50})
		})
	}
	rates, err := db.Rates(ctx)
	lines, also := db.Lines(ctx, 9)
	if err != nil || also != nil || len(rates) != 3 || len(lines) != 3 || lines[0].Delivered != 100 {
		t.Fatal(rates, lines, err, also)
	}
	for i, want := range []float64{20, 20 / math.E, 0} {
		for what, of := range map[string][2]float64{
			"jobs": {rates[i].PerMinute, want}, "failures": {rates[i].Failures, want / 10}, "deliveries": {lines[i].PerMinute, want},
		} {
			if math.Abs(of[0]-of[1]) > of[1]/20+1e-9 {
				t.Errorf("%s of %s: %v a minute, want %v", what, rates[i].Kind, of[0], of[1])
			}
		}
		if rates[i].Mean != 500*time.Millisecond {
			t.Errorf("%v", rates[i])
		}
	}
}

func TestADeadLetterKeepsWhyAndWhatWasAnsweredAndIsTriedAgainByItsId(t *testing.T) {
	t.Parallel()
	db, ctx := storetest.New(t), t.Context()
	d := store.Deliver{Activity: store.Key(time.Now().UnixMilli() << 16), Sender: 1, Inbox: "https://a.test/inbox"}
	if _, err := db.PutDeliveries(ctx, []store.Deliver{d}, false, time.Time{}); err != nil {
		t.Fatal(err)
	}
	payload := `{"activity":` + d.Activity.String() + `,"inbox":"https://a.test/inbox"}`
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		p := store.Parked{Job: "a", Kind: "deliver", Host: "a.test", Payload: payload, DueAt: tx.Now, Reason: "x", Status: 503, Answer: "busy\x00" + strings.Repeat("y", 9999)}
		if err := tx.Park(ctx, p); err != nil {
			return err
		}
		p.Reason, p.Status, p.Answer = store.Held, 0, "" // not tried, so nothing was answered
		return tx.Park(ctx, p)
	})
	down(t, db, "a.test", time.Hour)
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.GiveUp(ctx, tx.Now.Add(time.Minute))
		return err
	})
	p, err := db.ParkedJob(ctx, "a")
	if err != nil || p.DeadAt.IsZero() || p.Status != 503 || !strings.HasPrefix(p.Answer, "busyy") || len(p.Answer) > 500 || !strings.HasPrefix(p.Reason, "too_late: the host is down; it last failed with: ") {
		t.Fatalf("%+v, %v", p, err)
	}
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		for job, want := range map[string]int{"a": 1, "b": 0} {
			if n, err := tx.RetryJob(ctx, job); n != want || err != nil {
				t.Error(job, n, err)
			}
		}
		return nil
	})
	if lines, err := db.Lines(ctx, 1); err != nil || lines[0].Waiting != 1 || lines[0].Parked != 1 || lines[0].Oldest.IsZero() || lines[0].Dropped != 1 {
		t.Errorf("it does not wait again: %+v, %v", lines, err)
	}
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.DropParked(ctx, "a.test")
		if n != 1 {
			t.Error(n)
		}
		return err
	})
	if lines, err := db.Lines(ctx, 1); err != nil || lines[0].Waiting != 0 || lines[0].Dropped != 2 {
		t.Errorf("what was dropped is not counted: %+v, %v", lines, err)
	}
}
