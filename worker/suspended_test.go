package worker

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// What is for a partner whose agreement is suspended waits, and goes when it is resumed.
func TestWhatIsForASuspendedPartnerIsHeld(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	var suspended atomic.Bool
	suspended.Store(true)
	e := &engine{deliver: func(context.Context, store.Deliver) error {
		if suspended.Load() {
			return activity.Refuse(activity.Later, policy.Suspended, "it is suspended")
		}
		return nil
	}}
	w := quick(db, js, e)
	start(t, w)
	enqueue(t, db, deliverTo("globex.test", 5)...)
	soon(t, "all are held", func() bool {
		jobs, err := db.ParkedJobs(t.Context(), false, 10)
		return err == nil && len(jobs) == 5 && jobs[4].Reason == store.Paused && jobs[4].Tries == 0
	})
	if h := hostOf(t, db, "globex.test"); h.Down() || h.Failures != 0 {
		t.Fatalf("the host is blamed: %+v", h)
	}
	suspended.Store(false)
	err := db.InTx(t.Context(), func(tx *store.Tx) error { return tx.Resume(t.Context(), "globex.test") })
	if err != nil {
		t.Fatal(err)
	}
	soon(t, "all have arrived", func() bool { return len(e.arrived(inbox("globex.test"))) >= 5 })

	late := &task{job: "deliver-late", to: destination{host: "globex.test", since: time.Now().Add(-limits.HeldForPartner - time.Second)}}
	if v := w.judgeDelivery(t.Context(), late, activity.Refuse(activity.Later, policy.Suspended, "it is suspended")); v.over == "" {
		t.Error("what is older than that waits on")
	}
}

// What goes beyond what a partner takes is neither its fault nor a letter for the operator.
func TestWhatAPartnerDoesNotTakeIsNotHeldAgainstIt(t *testing.T) {
	t.Parallel()
	db, js := storetest.New(t), newQueue(t)
	const note = store.Key(8)
	w := quick(db, js, brings(map[string]func(context.Context) error{
		"small.test": func(context.Context) error { return activity.Refuse(activity.Denied, policy.LargeFile, "too large") },
		"slow.test":  func(context.Context) error { return activity.Refuse(activity.Later, policy.TooFast, "too fast") },
	}))
	start(t, w)
	posts(t, db, note, time.Now())
	soon(t, "both are settled", func() bool {
		rs := receipts(t, db, note)
		return rs["small.test"].State == store.Refused && rs["slow.test"].State == store.Waiting
	})
	rs := receipts(t, db, note)
	if rs["small.test"].Reason != policy.LargeFile || rs["slow.test"].Reason != policy.TooFast {
		t.Errorf("%+v", rs)
	}
	for _, host := range []string{"small.test", "slow.test"} {
		if h := hostOf(t, db, host); h.Down() || h.Failures != 0 {
			t.Errorf("the host is blamed: %+v", h)
		}
	}
	if dead, err := db.ParkedJobs(t.Context(), true, 10); err != nil || len(dead) != 0 {
		t.Errorf("%+v, %v", dead, err)
	}
}
