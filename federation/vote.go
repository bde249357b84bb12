package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// A vote is the Create of a Note that has the name of an answer and no text, and
// answers the poll (interop §3.5). It is between the voter and the author of the
// poll: it is kept as a row, never as a post, and nobody is told. In a group for members
// only it goes by the group's host, which passes it on to the author alone.

// poll is the poll that a note votes in; ok is false where it is no vote. A poll of
// ours that is not there (any more) is NotFound.
func (d *Deed) poll(ctx context.Context, n activity.Note) (poll store.Note, ok bool, err error) {
	if !n.IsVote() {
		return poll, false, nil
	}
	id := n.InReplyTo.First()
	poll, known, err := activity.Optional(d.Note(ctx, id))
	if err == nil && !known && d.Owns(id) {
		err = activity.ErrNotFound()
	}
	return poll, known && poll.IsPoll(), err
}

// mayVote: who may see a poll may vote in it, until it is over, once; not who asks.
func (d *Deed) mayVote(ctx context.Context, poll store.Note, vote activity.Note) error {
	if group, err := d.passesBy(ctx, poll); err != nil {
		return err
	} else if !poll.Local && !d.Local && group == 0 {
		return activity.Refuse(activity.Denied, "foreign_poll", "votes are counted where the poll is from")
	}
	if _, err := d.seen(ctx, poll.ID); err != nil {
		return err
	}
	if permits, err := d.aboutNote(ctx, agreement.React, poll); err != nil {
		return err
	} else if err := d.hasPermits(ctx, permits); err != nil {
		return err
	}
	at := poll.Option(vote.Name)
	switch {
	case poll.AuthorKey == d.Actor.Key:
		return activity.Refuse(activity.Denied, "own_poll", "nobody votes in their own poll")
	case poll.IsOver(d.Now):
		return activity.Refuse(activity.Denied, "poll_is_over", "this poll is over")
	case at < 0:
		return activity.Refuse(activity.Invalid, "no_such_answer", "the poll has no answer of this name")
	}
	own, err := d.OwnVotes(ctx, d.Actor.Key, poll.Key)
	if cast := own[poll.Key]; err == nil && (slices.Contains(cast, at) || len(cast) > 0 && !poll.IsMultiple()) {
		err = activity.Refuse(activity.Conflict, "voted_already", "everybody votes once")
	}
	return err
}

// vote counts it. Of a poll elsewhere the author tells the votes, all of them; until
// then ours are added to those that we know of.
func (d *Deed) vote(ctx context.Context, poll store.Note, vote activity.Note) error {
	if group, err := d.passesBy(ctx, poll); err != nil {
		return err
	} else if group != 0 && !poll.Local {
		d.group, d.only = group, poll.Note.Author()
	}
	if !poll.Local && !d.Local {
		return nil // its author counts
	}
	own, err := d.OwnVotes(ctx, d.Actor.Key, poll.Key)
	if err != nil {
		return err
	}
	at := poll.Option(vote.Name)
	isNew, err := d.PutVote(ctx, poll, d.Actor.Key, at)
	if err != nil || !isNew {
		return err
	}
	if !poll.Local {
		poll.Options()[at].Replies.Total++
		if len(own[poll.Key]) == 0 && poll.Voters > 0 {
			poll.Voters++
		}
		if err := d.PutTally(ctx, poll); err != nil {
			return err
		}
		return d.tallyAt(ctx, poll, poll.Ends())
	}
	if poll, err = d.Counted(ctx, poll); err != nil {
		return err
	}
	if err := d.PutTally(ctx, poll); err != nil {
		return err
	}
	return d.tallyAt(ctx, poll, d.Now.Truncate(limits.TallyEvery).Add(limits.TallyEvery))
}

// passesBy is the group of ours by which a vote goes to the author of the poll, 0 for none.
func (d *Deed) passesBy(ctx context.Context, poll store.Note) (store.Key, error) {
	group, ok, err := activity.Optional(d.ActorByKey(ctx, poll.In()))
	if err != nil || !ok || !group.Local || !group.Access().Shut() && !d.Head.Audience.To.Has(group.ID) {
		return 0, err
	}
	return group.Key, nil
}

// tallyAt promises to look at the poll at a time; zero: never.
func (d *Deed) tallyAt(ctx context.Context, poll store.Note, at time.Time) error {
	if at.IsZero() {
		return nil
	}
	job := store.Tally{Poll: poll.Key}
	payload, err := json.Marshal(job)
	if err != nil {
		return err
	}
	return d.Park(ctx, store.Parked{Job: fmt.Sprintf("tally-%s-%d", poll.Key, at.Unix()), Kind: job.Kind(), Payload: string(payload), DueAt: at,
		Reason: "waits for more votes, or for the end of the poll"})
}

// polled is a note as it is from now on, with the votes that count: those for other
// answers do not, and of our own polls we know them best.
func (d *Deed) polled(ctx context.Context, was store.Note, is activity.Note) (store.Note, error) {
	now := was
	now.Note = is
	if was.IsPoll() && !is.SameAnswers(was.Question) {
		if err := d.ForgetVotes(ctx, was.Key); err != nil {
			return now, err
		}
	}
	if !now.Local || !now.IsPoll() {
		return now, nil
	}
	return d.Counted(ctx, now)
}

// tellVoters tells our people who asked or voted that a poll is over.
func (d *Deed) tellVoters(ctx context.Context, poll store.Note) error {
	voters, err := d.LocalVoters(ctx, poll.Key)
	if err != nil {
		return err
	}
	for _, key := range append(voters, poll.AuthorKey) {
		if err := d.Notify(ctx, key, "poll", poll.AuthorKey, poll.Key); err != nil {
			return err
		}
	}
	return nil
}

// Tally tells who has a poll of ours how the votes stand; when a poll is over, the
// last time, and our people who voted. Twice is the same as once.
func (s *Service) Tally(ctx context.Context, job store.Tally) error {
	poll, ok, err := activity.Optional(s.db.NoteByKey(ctx, job.Poll))
	if err != nil || !ok || !poll.IsPoll() {
		return err // deleted meanwhile
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, poll.ID); err != nil {
			return err
		}
		poll, err := tx.NoteByKey(ctx, job.Poll)
		if err != nil {
			return err
		}
		author, err := tx.ActorByKey(ctx, poll.AuthorKey)
		if err != nil {
			return err
		}
		d := &Deed{Tx: tx, Service: s, Actor: author}
		if !poll.Local && poll.IsOver(tx.Now) {
			return d.tellVoters(ctx, poll)
		}
		if !poll.Local || !poll.Closed.IsZero() {
			return nil
		}
		if poll.IsOver(tx.Now) {
			poll.Closed.Time = activity.At(poll.Ends())
		}
		u, err := update(poll.ID, poll.Note, poll.Audience)
		if err != nil {
			return err
		}
		_, err = d.Do(ctx, author, u)
		return err
	})
}

// Vote chooses answers of a poll, by their numbers from 0: one, or any where it
// takes several. A second time is Conflict, a poll
// that is over Denied.
func (s *Service) Vote(ctx context.Context, me store.Actor, poll store.Note, choices []int) error {
	slices.Sort(choices)
	choices = slices.Compact(choices)
	switch n := len(choices); {
	case !poll.IsPoll():
		return activity.Refuse(activity.Invalid, "not_a_poll", "this is not a poll")
	case n == 0 || n > 1 && !poll.IsMultiple():
		return activity.Refuse(activity.Invalid, "bad_choice", "choose one answer, or several where the poll takes them")
	case choices[0] < 0 || choices[n-1] >= len(poll.Options()):
		return activity.Refuse(activity.Invalid, "no_such_answer", "the poll has %d answers", len(poll.Options()))
	}
	if own, err := s.db.OwnVotes(ctx, me.Key, poll.Key); err != nil || len(own[poll.Key]) > 0 {
		if err == nil {
			err = activity.Refuse(activity.Conflict, "voted_already", "everybody votes once")
		}
		return err
	}
	to, err := s.toward(ctx, poll)
	if err != nil {
		return err
	}
	var votes []Handler
	for _, at := range choices {
		c, err := create(activity.Note{ID: me.ID + activity.ID("#votes/"+store.NewKey(s.now()).String()), Type: "Note", Name: poll.Options()[at].Name,
			AttributedTo: activity.IDs{me.ID}, InReplyTo: activity.IDs{poll.ID}, Published: activity.At(s.now()),
			Audience: activity.Audience{To: to.To}})
		if err != nil {
			return err
		}
		votes = append(votes, c)
	}
	return s.submitAll(ctx, me, votes, func(*Deed) {})
}
