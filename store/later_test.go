package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/storetest"
)

// post is what somebody elsewhere has written, and what brought it.
func post(author store.Actor, n int, answers activity.ID) (store.Note, store.Recorded) {
	id := activity.ID(fmt.Sprintf("%s/notes/%d", author.ID, n))
	key := store.NewKey(time.Now())
	note := store.Note{Key: key, AuthorKey: author.Key, ThreadKey: key, Visibility: activity.VisiblePublic,
		Note: activity.Note{ID: id, Content: activity.Text(fmt.Sprint(n)), Published: activity.Time{Time: time.Now()},
			Tag: activity.List[activity.Tag]{{Type: "Hashtag", Name: "#drawings"}, {Type: "Hashtag", Name: "#Two words"}}}}
	if answers != "" {
		note.InReplyTo = activity.IDs{answers}
	}
	return note, store.Recorded{IRI: id + "/activity", Type: "Create", Actor: author.Key, Outcome: store.Applied, About: id, Raw: []byte("{}")}
}

// bring writes posts as a turn does: alike things together, or each by itself.
func bring(ctx context.Context, tx *store.Tx, author store.Actor, together bool, ns []store.Note, rs []store.Recorded) error {
	ids := []activity.ID{author.ID}
	for i := range ns {
		ids = append(ids, ns[i].ID, rs[i].IRI)
	}
	if err := tx.Foresee(ctx, ids...); err != nil {
		return err
	}
	if together {
		tx.WriteTogether()
	}
	for i := range ns {
		if isNew, err := tx.Record(ctx, rs[i]); err != nil || !isNew {
			return errors.Join(err, errors.New("it was known"))
		}
		if isNew, err := tx.PutNote(ctx, ns[i]); err != nil || !isNew {
			return errors.Join(err, errors.New("it was known"))
		}
		if err := tx.FanToFollowers(ctx, ns[i]); err != nil {
			return err
		}
	}
	return nil
}

// What is written together is what each would have written by itself: the posts, their
// activities, who reads them, and the answers that had come before them.
func TestWhatIsWrittenTogetherIsTheSame(t *testing.T) {
	t.Parallel()
	for _, together := range []bool{false, true} {
		ctx, db := t.Context(), storetest.New(t)
		author := person("bea")
		var reader store.Actor
		in(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			if author, err = tx.PutActor(ctx, author); err != nil {
				return err
			}
			reader, err = tx.PutActor(ctx, store.Actor{Local: true, Host: "acme.example", Actor: activity.Actor{ID: "https://acme.example/users/ada", Type: "Person", Username: "ada"}})
			if err == nil {
				err = tx.PutMember(ctx, store.Member{Actor: reader.Key, Email: "ada@acme.example"})
			}
			if err == nil {
				_, err = tx.PutEdge(ctx, store.Edge{Kind: store.Follow, Actor: reader.Key, Object: author.Key, Accepted: true})
			}
			return err
		})
		early, _ := post(author, 99, author.ID+"/notes/3")
		in(t, db, func(ctx context.Context, tx *store.Tx) error { _, err := tx.PutNote(ctx, early); return err })
		var ns []store.Note
		var rs []store.Recorded
		for n := range 5 {
			note, rec := post(author, n, "")
			ns, rs = append(ns, note), append(rs, rec)
		}
		in(t, db, func(ctx context.Context, tx *store.Tx) error {
			if err := bring(ctx, tx, author, together, ns, rs); err != nil {
				return err
			}
			if n, err := tx.Note(ctx, ns[0].ID); err != nil || n.Key != ns[0].Key {
				t.Errorf("what was written is not seen: %v", err)
			}
			return nil
		})
		for i, n := range ns {
			got, err := db.Note(ctx, n.ID)
			if err != nil || got.Key != n.Key || got.Content != n.Content || len(got.Hashtags()) != 2 || got.ThreadKey != n.Key {
				t.Errorf("together %v: %+v, %v", together, got, err)
			}
			if rec, err := db.Recorded(ctx, rs[i].IRI); err != nil || rec.About != n.ID || rec.Actor != author.Key || string(rec.Raw) != "{}" {
				t.Errorf("together %v: %+v, %v", together, rec, err)
			}
		}
		if home, err := db.CountHome(ctx, reader.Key); err != nil || home != len(ns) {
			t.Errorf("together %v: %d of %d are at home: %v", together, home, len(ns), err)
		}
		if got, err := db.Note(ctx, early.ID); err != nil || got.ReplyTo != ns[3].Key || got.ThreadKey != ns[3].Key {
			t.Errorf("together %v: the early answer is not tied: %+v, %v", together, got, err)
		}
	}
}

// When one of them is there already, against what was foreseen, nothing is written.
func TestWhatCameTwiceFailsTogether(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), storetest.New(t)
	author := person("bea")
	in(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		author, err = tx.PutActor(ctx, author)
		return err
	})
	for _, what := range []string{"record", "note"} {
		first, rec := post(author, 1, "")
		second, other := post(author, 2, "")
		first.ID, rec.IRI = first.ID+activity.ID(what), rec.IRI+activity.ID(what)
		err := db.InTx(ctx, func(tx *store.Tx) error {
			if err := bring(ctx, tx, author, true, []store.Note{second, first}, []store.Recorded{other, rec}); err != nil {
				return err
			}
			return db.InTx(ctx, func(tx *store.Tx) (err error) { // by another way
				if what == "note" {
					_, err = tx.PutNote(ctx, first)
				} else {
					_, err = tx.Record(ctx, rec)
				}
				return err
			})
		})
		if activity.KindOf(err) != activity.Later {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := db.Note(ctx, second.ID); activity.KindOf(err) != activity.NotFound {
			t.Errorf("%s: half of it is there: %v", what, err)
		}
		if _, err := db.Recorded(ctx, other.IRI); activity.KindOf(err) != activity.NotFound {
			t.Errorf("%s: half of it is there: %v", what, err)
		}
	}
}

// Somebody with many followers is read by all of them, the rest by a job.
func TestWhatIsWrittenTogetherReachesManyFollowers(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), storetest.New(t)
	author, readers := company(t, db, 250)
	note, rec := post(author, 1, "")
	in(t, db, func(ctx context.Context, tx *store.Tx) error {
		return bring(ctx, tx, author, true, []store.Note{note}, []store.Recorded{rec})
	})
	_, err := db.Drain(ctx, 10, func(ps []store.Promise) error {
		for _, p := range ps {
			var rest store.Show
			if err := json.Unmarshal([]byte(p.Payload), &rest); err != nil {
				return err
			}
			if err := db.Show(ctx, rest); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readers {
		if n, err := db.CountHome(ctx, r.Key); err != nil || n != 1 {
			t.Fatalf("%s sees it %d times: %v", r.ID, n, err)
		}
	}
}
