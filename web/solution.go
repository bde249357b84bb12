package web

import (
	"context"

	"entente.example/entente/store"
)

// answers says that a post is the answer to the question that its thread began with, or
// that it is not.
func (w *Web) answers(is bool) func(ctx context.Context, me store.Actor, n store.Note) error {
	return func(ctx context.Context, me store.Actor, n store.Note) error {
		return w.engine.MarkAnswer(ctx, me, n, is)
	}
}

// marked tells the cards of a thread in a group which of them is the answer, and which may
// become it; nothing where what began the thread is gone.
func (w *Web) marked(ctx context.Context, v *visit, t *thread) error {
	question := t.Post.Note
	if len(t.Above) > 0 {
		question = t.Above[0].Note
	}
	if question.In() == 0 || question.Key != t.Post.Note.ThreadKey || t.Post.Counts.Outside {
		return nil
	}
	key, err := w.db.AnswerTo(ctx, question.Key)
	if err != nil {
		return err
	}
	mark := func(c *card) {
		inside := !c.Silent && c.Note.Key != question.Key && c.Note.In() == question.In()
		c.IsIt, c.Marks = c.Note.Key == key, inside && (question.AuthorKey == v.me().Key || t.Moderates)
	}
	mark(&t.Post)
	for i := range t.Below {
		mark(&t.Below[i])
	}
	return nil
}
