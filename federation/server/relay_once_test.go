package server_test

import (
	"context"
	"slices"
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// brings are the activities that go to a host now, each delivery by the type of what is sent;
// they are lost on their way.
func (c *company) brings(host string) (types []string) {
	c.t.Helper()
	_, err := c.db.Drain(c.t.Context(), 1000, func(ps []store.Promise) error {
		for _, p := range ps {
			if p.Kind != "fan" {
				continue
			}
			err := run(c.t.Context(), []byte(p.Payload), func(ctx context.Context, f store.Fan) error {
				rec, err := c.db.RecordedByKey(ctx, f.Activity)
				if err != nil {
					return err
				}
				ds, err := c.Deliveries(ctx, f)
				for _, d := range ds {
					if d.Host() == host {
						types = append(types, rec.Type)
					}
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return must(c, types, err)
}

// What one of the host's own people posts, changes or deletes in a group that is not open is
// brought to each company once, by the group.
func TestAGroupThatIsNotOpenBringsWhatItsHostsPeopleSayOnce(t *testing.T) {
	t.Parallel()
	for _, access := range []activity.Access{activity.AccessClosed, activity.AccessSecret} {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			b := newBoard(t, access)
			ctx := t.Context()
			b.comes(b.bea)
			post := b.acme.writes(b.alice, "news for @bea@"+b.globex.Host, b.group)
			if got := b.acme.brings(b.globex.host()); !slices.Equal(got, []string{"Announce"}) {
				t.Errorf("a post goes as %q", got)
			}
			_, err := b.acme.Edit(ctx, b.alice, post, federation.Draft{Text: "other news"})
			b.acme.do(err)
			if got := b.acme.brings(b.globex.host()); !slices.Equal(got, []string{"Announce"}) {
				t.Errorf("a change goes as %q", got)
			}
			b.acme.do(b.acme.Delete(ctx, b.alice, b.acme.note(post.ID)))
			if got := b.acme.brings(b.globex.host()); !slices.Equal(got, []string{"Announce"}) {
				t.Errorf("a deletion goes as %q", got)
			}
		})
	}
}

// Nothing of what waits for a moderator leaves the host, whoever has written it: the company of
// a member who is named in it hears of it when it is let in, once.
func TestWhatWaitsForAModeratorStaysAtTheHost(t *testing.T) {
	t.Parallel()
	for _, access := range activity.Accesses {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			b := newBoard(t, access)
			ctx, yes := t.Context(), true
			b.comes(b.bea)
			_, err := b.acme.ChangeGroup(ctx, b.alice, b.group, federation.Settings{Reviewed: &yes})
			b.acme.do(err)
			b.acme.do(b.acme.Invite(ctx, b.alice, b.group, b.bob))
			b.acme.do(b.acme.Join(ctx, b.bob, b.group))
			b.pump()
			post := b.acme.writes(b.bob, "may I, @bea@"+b.globex.Host, b.group)
			_, err = b.acme.Edit(ctx, b.bob, post, federation.Draft{Text: "may I please, @bea@" + b.globex.Host})
			b.acme.do(err)
			gone := b.acme.writes(b.bob, "or this", b.group)
			b.acme.do(b.acme.Delete(ctx, b.bob, b.acme.note(gone.ID)))
			if got := b.acme.brings(b.globex.host()); len(got) > 0 {
				t.Errorf("before anybody has read it it goes as %q", got)
			}
			b.acme.do(b.acme.Review(ctx, b.alice, b.group, post.Key, true))
			b.pump()
			if got := b.globex.home(b.bea); !slices.Equal(got, []string{"may I please, @bea"}) && !slices.Equal(got, []string{"may I please, @bea@" + b.globex.Host}) {
				t.Errorf("bea sees %q", got)
			}
			notices, err := b.globex.db.Notifications(ctx, b.bea.Key, store.Page{})
			b.globex.do(err)
			mentions := 0
			for _, n := range notices {
				if n.Kind == "mention" {
					mentions++
				}
			}
			if mentions != 1 {
				t.Errorf("she is told %d times", mentions)
			}
		})
	}
}
