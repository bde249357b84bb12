package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// town is people, groups and notes of several companies, as one of them knows them.
type town struct {
	t      *testing.T
	db     *store.Store
	actors []store.Actor
	edges  []store.Edge
	notes  []store.WrittenNote
}

func (w *town) actor(kind, name, host string) store.Key {
	id := activity.ID("https://" + host + "/users/" + name)
	a := store.Actor{Actor: activity.Actor{ID: id, Type: kind, Username: activity.Text(name), Followers: activity.Ref{ID: id + "/followers"}},
		Key: store.NewKey(time.Now()), Host: host, Local: host == "acme.example", FetchedAt: time.Now()}
	w.actors = append(w.actors, a)
	return a.Key
}

func (w *town) edge(kind string, actor, object store.Key, accepted bool) {
	w.edges = append(w.edges, store.Edge{Key: store.NewKey(time.Now()), Kind: kind, Actor: actor, Object: object, Accepted: accepted})
}

// says writes a note at a time; answers is the thread, 0 for a new one.
func (w *town) says(author store.Key, at time.Time, thread store.Key, visibility activity.Visibility, to ...store.Key) store.Key {
	key := store.NewKey(at)
	if thread == 0 {
		thread = key
	}
	local := slices.ContainsFunc(w.actors, func(a store.Actor) bool { return a.Key == author && a.Local })
	w.notes = append(w.notes, store.WrittenNote{Note: store.Note{Note: activity.Note{ID: activity.ID(fmt.Sprint("https://notes.example/", key)), Type: "Note", Published: activity.At(at)},
		Key: key, AuthorKey: author, Local: local, ThreadKey: thread, Visibility: visibility, Addressed: to}})
	return thread
}

// settle writes it all down.
func (w *town) settle() {
	w.t.Helper()
	err := w.db.InBulk(w.t.Context(), false, func(b *store.Bulk) error {
		ctx := w.t.Context()
		if err := b.Actors(ctx, slices.Values(w.actors)); err != nil {
			return err
		}
		if err := b.Members(ctx, func(yield func(store.Member) bool) {
			for _, a := range w.actors {
				if a.Local && a.Type == "Person" && !yield(store.Member{Actor: a.Key, Email: string(a.Username) + "@acme.example"}) {
					return
				}
			}
		}); err != nil {
			return err
		}
		if err := b.Groups(ctx, func(yield func(store.Group) bool) {
			for _, a := range w.actors {
				if a.Local && a.Type == "Group" && !yield(store.Group{Actor: a.Key, Access: activity.AccessOpen, Companies: []string{"*"}}) {
					return
				}
			}
		}); err != nil {
			return err
		}
		if err := b.Edges(ctx, slices.Values(w.edges)); err != nil {
			return err
		}
		return b.Notes(ctx, slices.Values(w.notes))
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestWhatIsAtStakeWithACompany(t *testing.T) {
	t.Parallel()
	w := &town{t: t, db: storetest.New(t)}
	alice, amir := w.actor("Person", "alice", "acme.example"), w.actor("Person", "amir", "acme.example")
	bea, boris, ines := w.actor("Person", "bea", "globex.example"), w.actor("Person", "boris", "globex.example"), w.actor("Person", "ines", "initech.example")
	lyon, inside, paris, theirs := w.actor("Group", "lyon", "acme.example"), w.actor("Group", "inside", "acme.example"), w.actor("Group", "paris", "globex.example"), w.actor("Group", "theirs", "globex.example")
	for group, people := range map[store.Key][]store.Key{lyon: {alice, amir, bea, ines}, inside: {alice, ines}, paris: {bea, boris, alice}, theirs: {bea}} {
		for _, who := range people {
			w.edge(store.Membership, who, group, true)
		}
	}
	w.edge(store.Membership, boris, lyon, false) // has asked only
	w.edge(store.Membership, amir, theirs, false)
	w.edge(store.Follow, bea, alice, true)
	w.edge(store.Follow, boris, alice, false)
	w.edge(store.Follow, ines, alice, true)
	w.edge(store.Follow, alice, bea, true)
	w.edge(store.Follow, amir, bea, true)
	w.edge(store.Follow, amir, ines, true)
	now, old := time.Now(), time.Now().Add(-31*24*time.Hour)
	w.says(bea, now, w.says(alice, now, 0, activity.VisiblePublic), activity.VisiblePublic)
	w.says(alice, now, w.says(boris, now, 0, activity.VisiblePublic), activity.VisiblePublic)
	w.says(alice, now, w.says(bea, old, 0, activity.VisiblePublic), activity.VisiblePublic) // hers is too old
	w.says(ines, now, w.says(amir, now, 0, activity.VisiblePublic), activity.VisiblePublic)
	w.says(bea, now, 0, activity.VisiblePublic)         // nobody has answered
	w.says(bea, now, 0, activity.VisibleDirect, alice)  // likewise, but to somebody
	w.says(amir, now, 0, activity.VisibleDirect, boris) //
	w.says(amir, now, 0, activity.VisibleDirect, alice) // among ourselves
	w.says(ines, now, 0, activity.VisibleDirect, bea)   // of others
	w.says(alice, old, 0, activity.VisibleDirect, bea)  // too old
	w.says(bea, now, w.says(alice, now, 0, activity.VisibleDirect, bea), activity.VisibleDirect, alice)
	elsewhere := w.actor("Group", "board", "initech.example")
	unshared := w.actor("Group", "board2", "initech.example")
	w.edge(store.Membership, alice, elsewhere, true)
	for _, group := range []store.Key{elsewhere, unshared} {
		for _, who := range []store.Key{bea, bea, ines} {
			w.says(who, old, 0, activity.VisibleFollowers)
			w.notes[len(w.notes)-1].GroupKey = group
		}
	}
	w.settle()
	park(t, w.db, "globex.example", time.Hour, "a", "b")
	park(t, w.db, "initech.example", time.Hour, "c")

	s, err := w.db.Stake(t.Context(), "globex.example", now.Add(-30*24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if want := []store.StakeGroup{{Name: "lyon@acme.example", Ours: 2, Theirs: 1}}; !slices.Equal(s.Ours, want) {
		t.Errorf("our groups: %v, not %v", s.Ours, want)
	}
	if want := []store.StakeGroup{{Name: "paris@globex.example", Ours: 1, Theirs: 2}}; !slices.Equal(s.Theirs, want) {
		t.Errorf("their groups: %v, not %v", s.Theirs, want)
	}
	if want := []store.StakeGroup{{Name: "board@initech.example", Ours: 1, Theirs: 1}}; !slices.Equal(s.Elsewhere, want) {
		t.Errorf("groups at others: %v, not %v", s.Elsewhere, want)
	}
	if s.Followers != 1 || s.Following != 2 || s.Threads != 2 || s.Directs != 3 || s.Waiting != 2 {
		t.Errorf("%+v", s)
	}
	if none, err := w.db.Stake(t.Context(), "nobody.example", old); err != nil || len(none.Ours)+len(none.Theirs)+len(none.Elsewhere)+none.Followers+none.Following+none.Threads+none.Directs+none.Waiting > 0 {
		t.Errorf("of a host that nobody knows: %+v %v", none, err)
	}
}
