package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// crowd puts many people of a company into a group of another one, past all that is said.
func (c *company) crowd(group store.Actor, host string, many int) (last store.Actor) {
	c.t.Helper()
	c.tx(func(tx *store.Tx) error {
		for i := range many {
			id := activity.ID(fmt.Sprint("http://", host, "/users/crowd", i))
			a, err := tx.PutActor(c.t.Context(), store.Actor{Host: host, Actor: activity.Actor{ID: id, Type: "Person", Username: activity.Text(fmt.Sprint("crowd", i)),
				Inbox: activity.Ref{ID: id + "/inbox"}, Endpoints: activity.Endpoints{SharedInbox: activity.Text("http://" + host + "/inbox")}}})
			if err != nil {
				return err
			}
			if _, err := tx.PutEdge(c.t.Context(), store.Edge{Kind: store.Membership, Actor: a.Key, Object: group.Key, Accepted: true, IRI: id + "#join"}); err != nil {
				return err
			}
			last = a
		}
		return nil
	})
	return last
}

// finds is how many rows a query finds.
func (c *company) finds(text string, args ...any) (n int) {
	c.t.Helper()
	rows := c.sql(text, args...)
	defer rows.Close()
	for rows.Next() {
		n++
	}
	c.do(rows.Err())
	return n
}

func TestThousandsAreDismissedInBatchesAndHearNothingMeanwhile(t *testing.T) {
	t.Parallel()
	b, ctx := newBoard(t, activity.AccessClosed), t.Context()
	b.comes(b.bea)
	const people = 3000
	last := b.acme.crowd(b.group, b.globex.Host, people)
	minutes := b.acme.writes(b.alice, "minutes", b.group)
	b.pump()
	if _, err := b.acme.db.VisibleNote(ctx, minutes.Key, last.Reader()); err != nil {
		t.Fatalf("before, they read it: %v", err)
	}
	none := []string{}
	g, err := b.acme.ChangeGroup(ctx, b.alice, b.group, federation.Settings{Companies: &none})
	b.group = must(b.acme, g, err)
	members := func() int {
		return b.acme.finds("SELECT FROM edges WHERE kind = 'member' AND object = $1", int64(b.group.Key))
	}
	if got := members(); got != people+2 {
		t.Fatalf("in the transaction of the owner %d are left", got)
	}
	bea := b.acme.sees(b.bea)
	instance := store.Reader{Host: b.globex.Host}
	for _, r := range []store.Reader{last.Reader(), bea.Reader(), instance} {
		if _, err := b.acme.db.VisibleNote(ctx, minutes.Key, r); activity.KindOf(err) != activity.NotFound {
			t.Errorf("%+v still reads it: %v", r, err)
		}
		if enters, err := b.acme.db.Enters(ctx, r, b.group); err != nil || enters {
			t.Errorf("%+v still sees who is in it: %v", r, err)
		}
		if knows, err := b.acme.db.Knows(ctx, r, b.group.Key); err != nil || knows {
			t.Errorf("%+v still knows of it: %v", r, err)
		}
	}
	later := b.acme.writes(b.alice, "among us", b.group)
	answer := b.globex.writes(b.bea, "still here", b.there())
	dismissals, letters := b.dismissals(later)
	if letters != 0 {
		t.Errorf("%d letters bring it to them", letters)
	}
	if dismissals < people/100 || members() != 1 {
		t.Errorf("after %d jobs %d are left", dismissals, members())
	}
	if got := b.acme.finds("SELECT FROM activities WHERE local AND type = 'Reject'"); got != people+1 {
		t.Errorf("%d were told", got)
	}
	if _, known, err := activity.Optional(b.acme.db.Note(ctx, answer.ID)); err != nil || known {
		t.Errorf("what one of them writes is taken: %v", err)
	}
}

// dismissals does the jobs of Acme, each dismissal after one that is interrupted, and twice,
// and counts them, and the letters that bring a post to others.
func (b *board) dismissals(post store.Note) (dismissals, letters int) {
	b.t.Helper()
	ctx := b.t.Context()
	do := func(p store.Promise) error {
		switch p.Kind {
		case "dismiss":
			dismissals++
			half, stop := context.WithCancel(ctx)
			stop()
			if b.acme.run(half, p.Kind, []byte(p.Payload)) == nil {
				b.t.Error("an interrupted dismissal says nothing")
			}
			if dismissals%10 == 0 {
				b.acme.do(b.acme.run(ctx, p.Kind, []byte(p.Payload)))
			}
			return b.acme.run(ctx, p.Kind, []byte(p.Payload))
		case "fan":
			var f store.Fan
			if err := json.Unmarshal([]byte(p.Payload), &f); err != nil {
				return err
			}
			rec, err := b.acme.db.RecordedByKey(ctx, f.Activity)
			if err != nil || rec.Type == "Reject" {
				return err
			}
			all, err := b.acme.Deliveries(ctx, f)
			letters += len(all)
			return err
		}
		return nil
	}
	for range 1000 {
		n, err := b.acme.db.Drain(ctx, 100, func(ps []store.Promise) (err error) {
			for _, p := range ps {
				err = errors.Join(err, do(p))
			}
			return err
		})
		b.acme.do(err)
		if n == 0 {
			break
		}
	}
	return dismissals, letters
}

// Whose company is taken off a group decides nothing in it, before they are dismissed too.
func TestAModeratorDecidesNothingOnceTheirCompanyIsTakenOff(t *testing.T) {
	t.Parallel()
	b, ctx := newBoard(t, activity.AccessOpen), t.Context()
	b.comes(b.bea)
	b.acme.do(b.acme.SetRole(ctx, b.alice, b.group, b.acme.knows(string(b.bea.ID)), store.Moderator))
	kept := b.acme.writes(b.alice, "minutes", b.group)
	b.pump()
	b.acme.tx(func(tx *store.Tx) error {
		g, err := tx.Group(ctx, b.group.Key)
		g.Sits(nil)
		if err != nil {
			return err
		}
		return tx.ChangeGroup(ctx, g)
	})
	b.globex.do(b.globex.Delete(ctx, b.bea, b.globex.note(kept.ID)))
	b.pump()
	if n := b.acme.note(kept.ID); !n.Admitted {
		t.Error("she takes out what is posted there")
	}
}

// A group whose owner's company has no agreement any more belongs to somebody who is left.
func TestAGroupIsNotLeftToAnOwnerWhoIsGone(t *testing.T) {
	t.Parallel()
	b, ctx := newBoard(t, activity.AccessClosed), t.Context()
	b.comes(b.bea)
	b.acme.do(b.acme.SetRole(ctx, b.alice, b.group, b.acme.knows(string(b.bea.ID)), store.Owner))
	b.acme.tx(func(tx *store.Tx) error { return tx.Part(ctx, b.globex.Host) })
	if owns, err := b.acme.db.HasEdge(ctx, store.Owner, b.alice.Key, b.group.Key); err != nil || !owns {
		t.Errorf("alice does not own the group that is left to her: %v", err)
	}
}
