package server_test

import (
	"testing"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Who asked says what answers it, wherever they are, or a moderator does.
func TestWhoAskedMarksTheAnswer(t *testing.T) {
	t.Parallel()
	b := newBoard(t, activity.AccessSecret)
	b.comes(b.bea)
	b.comes(b.carl)
	question := b.globex.writes(b.bea, "who knows?", b.there())
	b.pump()
	answers := func(c *company, who store.Actor, text string) activity.ID {
		n, err := c.Post(t.Context(), who, federation.Draft{Text: text, ReplyTo: c.note(question.ID).Key})
		return must(c, n, err).ID
	}
	first, second := answers(b.acme, b.alice, "I do"), answers(b.globex, b.carl, "no, I do")
	b.pump()
	mark := func(c *company, who store.Actor, id activity.ID, is bool) error {
		return c.MarkAnswer(t.Context(), who, c.note(id), is)
	}
	marked := func(want activity.ID) {
		t.Helper()
		b.pump()
		for _, c := range []*company{b.acme, b.globex} {
			key, err := c.db.AnswerTo(t.Context(), c.note(question.ID).Key)
			if c.do(err); want == "" && key != 0 || want != "" && key != c.note(want).Key {
				t.Errorf("at %s %d is marked", c.Host, key)
			}
		}
	}
	if err := mark(b.globex, b.carl, second, true); reason(err) != "not_yours" {
		t.Errorf("who only answered: %v", err)
	}
	b.globex.do(mark(b.globex, b.bea, second, true))
	marked(second)
	b.acme.do(mark(b.acme, b.alice, first, true)) // a moderator, in the place of hers
	marked(first)
	b.acme.do(mark(b.acme, b.alice, first, true))
	b.globex.do(mark(b.globex, b.bea, first, false))
	marked("")
	b.globex.do(mark(b.globex, b.bea, first, true))
	marked(first)
	b.acme.do(b.acme.Delete(t.Context(), b.alice, b.acme.note(first)))
	marked("")

	b.globex.do(b.globex.Leave(t.Context(), b.bea, b.there()))
	b.pump()
	if err := mark(b.globex, b.bea, second, true); reason(err) != "not_yours" {
		t.Errorf("who has left: %v", err)
	}
	b.comes(b.bea)

	other := b.globex.writes(b.bea, "something else", b.there())
	b.pump()
	if err := mark(b.globex, b.bea, other.ID, true); reason(err) != "not_an_answer" {
		t.Errorf("what answers nothing: %v", err)
	}
	alone, err := b.globex.Post(t.Context(), b.bea, federation.Draft{Text: "in no group"})
	must(b.globex, alone, err)
	reply, err := b.globex.Post(t.Context(), b.bea, federation.Draft{Text: "an answer", ReplyTo: alone.Key})
	if err := mark(b.globex, b.bea, must(b.globex, reply, err).ID, true); reason(err) != "not_yours" {
		t.Errorf("in no group: %v", err)
	}
}
