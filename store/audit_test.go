package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"entente.example/entente/store"
	"entente.example/entente/store/chain"
	"entente.example/entente/store/storetest"
)

// ledger is a store with an audit log, and what a database's owner can do behind its back.
type ledger struct {
	t   *testing.T
	db  *store.Store
	raw *sql.DB
}

func newLedger(t *testing.T, lines int) ledger {
	t.Helper()
	dsn := storetest.DSN(t)
	raw, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close(); db.Close() })
	l := ledger{t, db, raw}
	for n := range lines {
		l.decide(fmt.Sprintf("p%d.example", n+1))
	}
	return l
}

func (l ledger) decide(about string) {
	l.t.Helper()
	err := l.db.InTx(store.By(l.t.Context(), "operator"), func(tx *store.Tx) error {
		tx.Audit(store.By(l.t.Context(), "operator"), store.Decision{What: "partner.allowed", About: about, Details: map[string]string{"note": "<é> 😂"}})
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// tamper is what the owner of the database can do: first the trigger goes.
func (l ledger) tamper(statements ...string) {
	l.t.Helper()
	for _, s := range append([]string{"ALTER TABLE audit DISABLE TRIGGER audit_is_kept"}, statements...) {
		if _, err := l.raw.ExecContext(l.t.Context(), s); err != nil {
			l.t.Fatalf("%s: %v", s, err)
		}
	}
}

// forge writes a line with a hash that is right.
func (l ledger) forge(number int64, about string) {
	l.t.Helper()
	lines := l.lines()
	at := slices.IndexFunc(lines, func(line chain.Line) bool { return line.Number == number })
	line := lines[at]
	line.About = about
	if at > 0 {
		line.Previous = lines[at-1].Hash
	}
	sum, err := line.Sum()
	if err != nil {
		l.t.Fatal(err)
	}
	l.tamper(fmt.Sprintf(`UPDATE audit SET about = '%s', previous = '\x%x', hash = '\x%x' WHERE number = %d`, about, line.Previous, sum, number))
}

func (l ledger) lines() (lines []chain.Line) {
	l.t.Helper()
	err := l.db.AuditLog(l.t.Context(), func(line chain.Line) error { lines = append(lines, line); return nil })
	if err != nil {
		l.t.Fatal(err)
	}
	return lines
}

// wrong is what a check finds, and the head.
func (l ledger) wrong(kept chain.Head) (found []string, head chain.Head) {
	l.t.Helper()
	check := chain.Check{Kept: kept}
	for _, line := range l.lines() {
		wrong, err := check.Next(line)
		if err != nil {
			l.t.Fatal(err)
		}
		found = append(found, wrong...)
	}
	return append(found, check.End()...), check.Head()
}

func TestTheAuditLogFindsWhatWasDoneToIt(t *testing.T) {
	t.Parallel()
	const shift = "UPDATE audit SET number = -number WHERE number >= 3; UPDATE audit SET number = 1 - number WHERE number < 0;"
	for name, tc := range map[string]struct {
		do   func(ledger)
		want []string
	}{
		"nothing":             {func(ledger) {}, nil},
		"who":                 {func(l ledger) { l.tamper("UPDATE audit SET who = 'instance' WHERE number = 3") }, []string{"line 3 is not what was written"}},
		"what":                {func(l ledger) { l.tamper("UPDATE audit SET what = 'partner.removed' WHERE number = 3") }, []string{"line 3 is not what was written"}},
		"about":               {func(l ledger) { l.tamper("UPDATE audit SET about = 'evil.example' WHERE number = 5") }, []string{"line 5 is not what was written"}},
		"when":                {func(l ledger) { l.tamper("UPDATE audit SET at = at - interval '1 microsecond' WHERE number = 1") }, []string{"line 1 is not what was written"}},
		"details":             {func(l ledger) { l.tamper(`UPDATE audit SET details = '{"note": ""}' WHERE number = 2`) }, []string{"line 2 is not what was written"}},
		"a hash":              {func(l ledger) { l.tamper(`UPDATE audit SET hash = '\x00' WHERE number = 2`) }, []string{"line 2 is not what was written", "line 3 does not follow the one before it"}},
		"a line and its hash": {func(l ledger) { l.forge(3, "evil.example") }, []string{"line 4 does not follow the one before it"}},
		"one deleted":         {func(l ledger) { l.tamper("DELETE FROM audit WHERE number = 3") }, []string{"line 3 is missing"}},
		"the first deleted":   {func(l ledger) { l.tamper("DELETE FROM audit WHERE number < 3") }, []string{"lines 1 to 2 are missing"}},
		"one deleted, the rest moved up": {func(l ledger) {
			l.tamper("DELETE FROM audit WHERE number = 4", "UPDATE audit SET number = 4 WHERE number = 5")
		}, []string{"line 4 does not follow the one before it", "line 4 is not what was written", "line 5 is cut off"}},
		"two swapped": {func(l ledger) {
			l.tamper("UPDATE audit SET number = 9 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3; UPDATE audit SET number = 3 WHERE number = 9")
		}, []string{"line 2 does not follow the one before it", "line 2 is not what was written", "line 3 does not follow the one before it", "line 3 is not what was written", "line 4 does not follow the one before it"}},
		"one inserted": {func(l ledger) {
			l.tamper(shift, "INSERT INTO audit SELECT 3, at, who, what, 'evil.example', details, hash, hash FROM audit WHERE number = 2")
			l.forge(3, "evil.example")
		}, []string{"line 4 does not follow the one before it", "line 4 is not what was written", "line 5 is not what was written", "line 5 is another than the one that was the head", "line 6 is not what was written"}},
		"one added": {func(l ledger) {
			l.tamper("INSERT INTO audit SELECT 6, at, who, what, 'evil.example', details, hash, hash FROM audit WHERE number = 5")
		}, []string{"line 6 is not what was written"}},
		"the end cut off":                        {func(l ledger) { l.tamper("DELETE FROM audit WHERE number > 3") }, []string{"lines 4 to 5 are cut off"}},
		"all deleted":                            {func(l ledger) { l.tamper("TRUNCATE audit") }, []string{"lines 1 to 5 are cut off"}},
		"the end cut off, and another put there": {func(l ledger) { l.tamper("DELETE FROM audit WHERE number = 5"); l.decide("evil.example") }, []string{"line 5 is another than the one that was the head"}},
		"everything written anew from there on": {func(l ledger) {
			for n := range int64(3) {
				l.forge(n+3, "evil.example")
			}
		}, []string{"line 5 is another than the one that was the head"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t, 5)
			wrong, head := l.wrong(chain.Head{})
			if wrong != nil || head.Number != 5 {
				t.Fatalf("before it %q is wrong, the head is %s", wrong, head)
			}
			kept, err := chain.ReadHead(head.String())
			if err != nil || kept != head {
				t.Fatalf("%s is read as %s, %v", head, kept, err)
			}
			tc.do(l)
			if wrong, _ := l.wrong(kept); !slices.Equal(wrong, tc.want) {
				t.Errorf("found %q, want %q", wrong, tc.want)
			}
		})
	}
}

func TestTheAuditLogIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	l := newLedger(t, 2)
	for _, s := range []string{"UPDATE audit SET who = 'x' WHERE number = 1", "DELETE FROM audit WHERE number = 2", "DELETE FROM audit", "TRUNCATE audit"} {
		if _, err := l.raw.ExecContext(t.Context(), s); err == nil {
			t.Errorf("%s was not refused", s)
		}
	}
	if lines := l.lines(); len(lines) != 2 {
		t.Errorf("there are %d lines", len(lines))
	}
}

func TestADecisionAndItsLineAreKeptTogether(t *testing.T) {
	t.Parallel()
	l := newLedger(t, 0)
	ctx, no := t.Context(), errors.New("no")
	err := l.db.InTx(ctx, func(tx *store.Tx) error {
		tx.Audit(ctx, store.Decision{What: "partner.allowed", About: "globex.example"})
		if err := tx.PutPartner(ctx, store.Partner{Host: "globex.example"}); err != nil {
			return err
		}
		return no
	})
	if err != no || len(l.lines()) != 0 {
		t.Errorf("what was not done has %d lines, %v", len(l.lines()), err)
	}
	err = l.db.InTx(ctx, func(tx *store.Tx) error {
		tx.Audit(ctx, store.Decision{What: "partner.allowed", About: "globex.example\x00"})
		return tx.PutPartner(ctx, store.Partner{Host: "globex.example"})
	})
	if is, askErr := l.db.IsPartner(ctx, "globex.example", time.Now()); err == nil || is || askErr != nil {
		t.Errorf("without a line it was done: %v, %v", err, askErr)
	}
	err = l.db.InTx(ctx, func(tx *store.Tx) error {
		tx.Audit(ctx, store.Decision{What: "one"})
		tx.Audit(store.By(ctx, "operator"), store.Decision{What: "two"})
		tx.Audit(store.By(ctx, "operator"), store.Decision{Who: "globex.example", What: "three"})
		return nil
	})
	var who []string
	for _, line := range l.lines() {
		who = append(who, line.Who+" "+line.What)
	}
	if want := []string{"instance one", "operator two", "globex.example three"}; err != nil || !slices.Equal(who, want) {
		t.Errorf("the log has %q, want %q, %v", who, want, err)
	}
	if wrong, _ := l.wrong(chain.Head{}); wrong != nil {
		t.Errorf("found %q", wrong)
	}
}

func TestDecisionsAtOnceMakeOneChain(t *testing.T) {
	t.Parallel()
	l := newLedger(t, 0)
	var all sync.WaitGroup
	for one := range 8 {
		all.Go(func() {
			for n := range 10 {
				err := l.db.InTx(context.Background(), func(tx *store.Tx) error {
					host := fmt.Sprintf("p%d.example", one)
					tx.Audit(t.Context(), store.Decision{What: "partner.allowed", About: host})
					return tx.PutPartner(t.Context(), store.Partner{Host: host, Note: fmt.Sprint(n)})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if wrong, head := l.wrong(chain.Head{}); wrong != nil || head.Number != 80 {
		t.Errorf("found %q, the head is %s", wrong, head)
	}
}
