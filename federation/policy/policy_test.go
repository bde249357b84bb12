package policy_test

import (
	"fmt"
	"os"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }

func TestWhoMayPass(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if err := db.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.PutPartner(t.Context(), store.Partner{Host: "globex.example", Lets: agreement.Everything().Raw(), Takes: agreement.Everything().Raw()})
	}); err != nil {
		t.Fatal(err)
	}
	closed, open := policy.New(db, false, "acme.example"), policy.New(db, true, "acme.example")
	for _, d := range []policy.Direction{policy.Accept, policy.Send, policy.Fetch, policy.Serve} {
		for host, want := range map[string]struct{ closed, open bool }{
			"acme.example":        {true, true}, // we ourselves, always
			"globex.example":      {true, true},
			"sub.globex.example":  {false, true}, // exact names only
			"globex.example:8443": {false, true},
			"other.example":       {false, true},
			"":                    {false, false},
		} {
			for gate, allowed := range map[*policy.Gate]bool{closed: want.closed, open: want.open} {
				err := gate.Allow(t.Context(), d, host, "a test")
				if (err == nil) != allowed || err != nil && activity.FaultOf(err).Reason != policy.NotAPartner {
					t.Errorf("%s %q: %v, want allowed %v", d, host, err, allowed)
				}
			}
		}
	}
	knocks, err := db.Knocks(t.Context(), 10)
	if err != nil || len(knocks) != 3 {
		t.Fatalf("knocks %+v, %v: those who wanted in are noted, those whom we wanted are not", knocks, err)
	}
	for _, k := range knocks {
		if k.Times != 2 { // accept and serve
			t.Errorf("%s knocked %d times", k.Host, k.Times)
		}
	}
}

func TestAnybodyCanKnockAndNobodyFillsTheDisk(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		for i := range limits.Knocks {
			if err := tx.Knock(t.Context(), fmt.Sprintf("h%d.example", i), "Follow"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	gate := policy.New(db, false, "acme.example")
	for _, host := range []string{"a.example", "b.example"} {
		if err := gate.Allow(t.Context(), policy.Accept, host, "Follow"); err == nil {
			t.Fatal("allowed")
		}
	}
	if n, err := db.CountKnocks(t.Context()); err != nil || n > limits.Knocks {
		t.Fatalf("%d hosts are remembered, %v", n, err)
	}
	if ks, err := db.Knocks(t.Context(), 2); err != nil || ks[0].Host != "b.example" || ks[1].Host != "a.example" {
		t.Fatalf("the latest are %+v, %v", ks, err)
	}
}

func TestMentionedFindsEveryHostThatSpeaks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		doc  string
		want []string
	}{
		"actor and object":    {`{"type":"Like","actor":"https://a.example/1","object":"https://b.example/2"}`, []string{"a.example", "b.example"}},
		"embedded":            {`{"type":"Create","actor":{"id":"https://a.example/1"},"object":{"inReplyTo":["https://c.example/1"]}}`, []string{"a.example", "c.example"}},
		"mention, not tag":    {`{"tag":[{"type":"Mention","href":"https://m.example/1"},{"type":"Hashtag","href":"https://h.example/1"}]}`, []string{"m.example"}},
		"everybody is nobody": {`{"to":["https://www.w3.org/ns/activitystreams#Public","as:Public"]}`, nil},
		"display only":        {`{"url":"https://u.example/1","icon":{"url":"https://i.example/1"},"attachment":{"url":"https://x.example/1"}}`, nil},
		"one spelling a host": {`{"to":["https://A.Example/1","https://a.example:443/2","https://a.example./3"]}`, []string{"a.example"}},
		"a look-alike":        {`{"to":"https://ex\u0430mple.com/1"}`, []string{"xn--exmple-4nf.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, m := range policy.Mentioned([]byte(" " + tc.doc)) {
				got = append(got, m.Host)
			}
			if len(got) != len(tc.want) {
				t.Fatalf("got %q, want %q", got, tc.want)
			}
			for i := range got {
				if got[i] != tc.want[i] {
					t.Fatalf("got %q, want %q", got, tc.want)
				}
			}
		})
	}
}
