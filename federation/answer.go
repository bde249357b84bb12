package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// What answers a question in a group is marked by who asked it, or by a moderator: an Add
// of the answer to the first post of its thread. Its group tells it to the members, and a
// later one takes the place of an earlier one.

// asker may say which answer is the one.
var asker = right{"who began the discussion in a group, or a moderator", hasAsked}

// isAnswer says whether an Add or Remove is about an answer: its target is a post.
func (d *Deed) isAnswer(ctx context.Context) (bool, error) {
	if d.Head.Target.ID == "" {
		return false, nil
	}
	return d.HasNote(ctx, d.Head.Target.ID)
}

// hasAsked: the actor wrote what is answered and is still in the group, or looks after it.
func hasAsked(ctx context.Context, d *Deed, _ Handler) (bool, error) {
	if is, err := d.isAnswer(ctx); err != nil || !is {
		return false, err
	}
	question, err := d.Note(ctx, d.Head.Target.ID)
	if err != nil || question.In() == 0 || d.mayModerate(ctx, question.In()) {
		return question.In() != 0, err
	}
	if question.AuthorKey != d.Actor.Key {
		return false, nil
	}
	return d.IsMember(ctx, d.Actor.Key, question.In())
}

// overAnswer is the group in which the actor, who did not ask, says what answers a question.
func (d *Deed) overAnswer(ctx context.Context) (activity.ID, error) {
	question, err := d.Note(ctx, d.Head.Target.ID)
	if err != nil || question.AuthorKey == d.Actor.Key || question.In() == 0 {
		return "", err
	}
	group, err := d.ActorByKey(ctx, question.In())
	return group.ID, err
}

// markedAnswer is the mark that an Add makes and a Remove takes away. What is marked is in the
// thread that the question begins, and in its group.
func (d *Deed) markedAnswer(ctx context.Context) (store.Edge, error) {
	question, err := d.Note(ctx, d.Head.Target.ID)
	if err != nil {
		return store.Edge{}, err
	}
	n, err := d.Note(ctx, d.Head.Object.ID)
	if err == nil && (n.ThreadKey != question.Key || n.Key == question.Key || n.In() != question.In()) {
		err = activity.Refuse(activity.Invalid, "not_an_answer", "only what answers the first post of a thread, in the same group, can be marked as its answer")
	}
	return store.Edge{Kind: store.Answer, Actor: question.Key, Object: n.Key, Accepted: true, IRI: d.IRI}, err
}

// MarkAnswer says that a post answers the question that its thread began with; with is
// false it does not any more. Who neither asked nor looks after the group is Denied.
func (s *Service) MarkAnswer(ctx context.Context, me store.Actor, n store.Note, is bool) error {
	question, err := s.db.NoteByKey(ctx, n.ThreadKey)
	if err != nil {
		return err
	}
	if there, err := s.db.HasEdge(ctx, store.Answer, question.Key, n.Key); err != nil || there == is {
		return err
	}
	group, ok, err := activity.Optional(s.db.ActorByKey(ctx, question.In()))
	if err != nil {
		return err
	}
	if !ok {
		return notYours()
	}
	var h Handler = &Add{}
	if !is {
		h = &Remove{}
	}
	head := h.Head()
	head.Object, head.Target, head.To = activity.Ref{ID: n.ID}, activity.Ref{ID: question.ID}, activity.IDs{group.ID}
	_, err = s.submit(ctx, me, h)
	return err
}
