package server_test

import (
	"fmt"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/store"
)

// shared are two that have agreed, where boris of Globex follows alice of Acme and has
// a post, a picture and a private message of hers; she has an answer of his.
func shared(t *testing.T) (acme, globex *company, alice, boris store.Actor, post, secret, answer store.Note) {
	t.Helper()
	ctx := t.Context()
	acme, globex = agreed(t)
	alice, boris = acme.person("alice"), globex.person("boris")
	acme.do(globex.Follow(ctx, boris, globex.sees(alice)))
	pump(t, acme, globex)
	post, err := acme.Post(ctx, alice, federation.Draft{Text: "the plan", Media: []store.Key{acme.sends(alice, drawing(t)).Key}})
	acme.do(err)
	secret, err = acme.Post(ctx, alice, federation.Draft{Text: "psst @boris@" + globex.host(), Visibility: activity.VisibleDirect})
	acme.do(err)
	pump(t, acme, globex)
	answer, err = globex.Post(ctx, boris, federation.Draft{Text: "yes @alice@" + acme.host(), ReplyTo: globex.note(post.ID).Key})
	acme.do(err)
	pump(t, acme, globex)
	if !acme.has(string(answer.ID)) || !globex.has(string(secret.ID)) {
		t.Fatal("nothing is shared")
	}
	return acme, globex, alice, boris, post, secret, answer
}

// shows is how the agreement with another stands.
func (c *company) shows(with *company) partnership.Standing {
	c.t.Helper()
	s, err := c.Partnerships().Show(c.t.Context(), with.host())
	c.do(err)
	return s
}

func (c *company) ticks() {
	c.t.Helper()
	c.do(c.Partnerships().Tick(c.t.Context()))
}

func TestCopiesAreDeletedAndReceiptsGiven(t *testing.T) {
	t.Parallel()
	acme, globex, alice, boris, post, secret, answer := shared(t)
	ctx := t.Context()
	acme.do(acme.Partnerships().Revoke(ctx, globex.host(), "a breach"))
	pump(t, acme, globex)
	if s := acme.shows(globex); s.DeleteBy == nil || s.WeDeleted != nil || s.TheyDeleted != nil {
		t.Fatalf("before anybody has deleted: %+v", s)
	}
	globex.ticks()
	known, err := globex.db.Actor(ctx, alice.ID)
	acme.do(err)
	edge, _ := globex.db.HasEdge(ctx, store.Follow, boris.Key, known.Key)
	if globex.has(string(post.ID)) || !globex.has(string(secret.ID)) || !globex.has(string(answer.ID)) || edge || known.Followers.ID == "" || len(known.Summary)+len(known.Outbox.ID) > 0 || known.DisplayName() == "" {
		t.Errorf("at Globex: post %t, message %t, answer %t, follow %t, %+v", globex.has(string(post.ID)), globex.has(string(secret.ID)), globex.has(string(answer.ID)), edge, known.Actor)
	}
	_, err = globex.db.Drain(ctx, 1000, func([]store.Promise) error { return nil }) // the receipt is lost
	acme.do(err)
	if s := acme.shows(globex); s.TheyDeleted != nil {
		t.Fatalf("a receipt that has not come is shown: %+v", s)
	}
	acme.ahead.Add(int64(limits.PartnerDigest + time.Hour))
	globex.ahead.Add(int64(limits.PartnerDigest + time.Hour))
	acme.ticks()
	globex.ticks()
	pump(t, acme, globex)
	for range 2 { // once more changes nothing
		s, o := acme.shows(globex), globex.shows(acme)
		if s.WeDeleted == nil || s.TheyDeleted == nil || s.WeDeleted.Posts != 1 || s.TheyDeleted.Posts != 1 || s.TheyDeleted.Kept != 1 || s.TheyDeleted.Profiles == 0 || *s.TheyDeleted != *o.WeDeleted || *s.WeDeleted != *o.TheyDeleted {
			t.Fatalf("acme shows %+v and %+v, globex %+v and %+v", s.WeDeleted, s.TheyDeleted, o.WeDeleted, o.TheyDeleted)
		}
		acme.ticks()
		pump(t, acme, globex)
	}
	if acme.has(string(answer.ID)) || !acme.has(string(post.ID)) {
		t.Error("acme has kept what was theirs, or deleted its own")
	}
	lines, err := acme.db.Audited(ctx, globex.host(), time.Time{}, 100)
	acme.do(err)
	for _, what := range []string{"partnership.purged", "partnership.receipt"} {
		n := 0
		for _, l := range lines {
			if l.What == what {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d audit lines %s", n, what)
		}
	}
}

// What has ended stays until both have had the time to take theirs out, and where a
// partner is one again by our word, nothing of it is deleted.
func TestCopiesStayWhileTheyMay(t *testing.T) {
	t.Parallel()
	acme, globex, _, _, post, _, _ := shared(t)
	ctx := t.Context()
	acme.do(acme.Partnerships().End(ctx, globex.host(), "done"))
	pump(t, acme, globex)
	globex.ticks()
	if !globex.has(string(post.ID)) {
		t.Fatal("it was deleted while it may be taken out")
	}
	globex.ahead.Add(int64(limits.WindDown + time.Hour))
	globex.tx(func(tx *store.Tx) error {
		return tx.PutPartner(ctx, store.Partner{Host: acme.host(), Lets: agreement.Narrowest().Raw(), Takes: agreement.Narrowest().Raw()})
	})
	globex.ticks()
	if s := globex.shows(acme); !globex.has(string(post.ID)) || s.WeDeleted != nil || s.DeleteBy == nil {
		t.Fatalf("the copies of a partner were deleted: %+v", s)
	}
	globex.tx(func(tx *store.Tx) error { _, err := tx.RemovePartner(ctx, acme.host()); return err })
	globex.ticks()
	if s := globex.shows(acme); globex.has(string(post.ID)) || s.WeDeleted == nil {
		t.Fatalf("the copies are still there: %+v", s)
	}
}

// Where both have signed that copies are kept as a record nothing is deleted at the end, and
// no receipt is missing; a revocation deletes all the same.
func TestCopiesAreKeptAsARecordWhereBothHaveAgreed(t *testing.T) {
	t.Parallel()
	for _, revoked := range []bool{false, true} {
		acme, globex, _, _, post, _, _ := shared(t)
		ctx := t.Context()
		keep := partnership.Change{Data: partnership.DataChange{AtEnd: agreement.Keeps, DeleteWithin: 24}}
		acme.do(acme.Partnerships().Counter(ctx, globex.host(), keep.On))
		pump(t, acme, globex)
		globex.do(globex.Partnerships().Accept(ctx, acme.host()))
		pump(t, acme, globex)
		end := acme.Partnerships().End
		if revoked {
			end = acme.Partnerships().Revoke
		}
		acme.do(end(ctx, globex.host(), "done"))
		pump(t, acme, globex)
		globex.ahead.Add(int64(limits.WindDown + time.Hour))
		globex.ticks()
		s := globex.shows(acme)
		if globex.has(string(post.ID)) == revoked || (s.WeDeleted != nil) != revoked || (s.DeleteBy != nil) != revoked {
			t.Errorf("revoked %t: the post is there: %t, %+v", revoked, globex.has(string(post.ID)), s)
		}
	}
}

// Many copies are deleted in many transactions. Who is killed between two of them has given no
// receipt, goes on with the next tick, and counts what was deleted before.
func TestTheReceiptComesAfterTheLastBatch(t *testing.T) {
	t.Parallel()
	acme, globex, alice, _, _, _, _ := shared(t)
	ctx, known := t.Context(), globex.sees(alice)
	const more = 1200
	globex.tx(func(tx *store.Tx) error {
		for i := range more {
			n := store.Note{Note: activity.Note{ID: activity.ID(fmt.Sprint(alice.ID, "/more/", i)), Type: "Note", AttributedTo: activity.IDs{alice.ID}, Published: activity.At(tx.Now)},
				Key: store.NewKey(tx.Now), AuthorKey: known.Key, Visibility: activity.VisiblePublic}
			n.ThreadKey = n.Key
			if _, err := tx.PutNote(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
	acme.do(acme.Partnerships().Revoke(ctx, globex.host(), "a breach"))
	pump(t, acme, globex)
	globex.tx(func(tx *store.Tx) error { // the first batch, after which it is killed
		left, err := tx.Purge(ctx, acme.host(), func([]string) (int, error) { return 0, nil })
		if !left {
			t.Error("all of it was one batch")
		}
		return err
	})
	if s := globex.shows(acme); s.WeDeleted != nil {
		t.Errorf("a receipt for the first batch: %+v", s.WeDeleted)
	}
	globex.ticks()
	if s := globex.shows(acme); s.WeDeleted == nil || s.WeDeleted.Posts != more+1 || s.WeDeleted.Profiles == 0 {
		t.Errorf("the receipt says %+v", s.WeDeleted)
	}
	if n := globex.finds("SELECT FROM notes AS n WHERE n.author = $1 AND n.visibility <> 'direct'", int64(known.Key)); n > 0 {
		t.Errorf("%d are still there", n)
	}
}
