package web

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// ballot is the poll of a card: a form, or how the votes stand.
type ballot struct {
	Note     store.Note
	Open     bool // the reader can vote
	Over     bool
	Multiple bool
	Ends     time.Time // zero: its author decides
	Votes    int
	Answers  []choice
	Path     string
	Token    string
	Here     string
}

// choice is one answer of a poll.
type choice struct {
	Number  int
	Name    string
	Votes   int
	Percent int  // of the votes, rounded down
	Mine    bool // the reader has chosen it
}

// ballot shows the poll of a card, nil where it has none. own are the answers that
// the reader has chosen.
func (w *Web) ballot(v *visit, c card, own []int) *ballot {
	n := c.Note
	if !n.IsPoll() {
		return nil
	}
	b := &ballot{Note: n, Over: n.IsOver(w.now()), Multiple: n.IsMultiple(), Ends: n.Ends(), Votes: int(n.Votes()), Path: c.Path() + "/vote", Token: c.Token, Here: c.Here}
	b.Open = !b.Over && !c.Silent && len(own) == 0 && n.AuthorKey != v.me().Key
	for i, o := range n.Options() {
		b.Answers = append(b.Answers, choice{Number: i, Name: string(o.Name), Votes: int(o.Replies.Total),
			Percent: int(100 * o.Replies.Total / max(n.Votes(), 1)), Mine: slices.Contains(own, i)})
	}
	return b
}

// vote sends the form of a poll. No choice is no vote.
func (w *Web) vote(ctx context.Context, v *visit) (answer, error) {
	n, err := w.noteAt(ctx, v)
	if err != nil {
		return answer{}, err
	}
	_ = v.PostFormValue("choice") // parses the form
	var choices []int
	for _, sent := range v.PostForm["choice"] {
		if at, err := strconv.Atoi(sent); err == nil {
			choices = append(choices, at)
		}
	}
	here := strings.TrimSuffix(v.URL.EscapedPath(), "/vote")
	if len(choices) > 0 {
		err = w.engine.Vote(ctx, v.me(), n, choices)
	}
	return redirect(v.back(here)), err
}

// pollDays are how long a poll from the form can be open.
func pollDays() []int { return []int{1, 3, 7, 14, 30} }

// asked reads the poll of the composer, nil where no answers are given.
func (v *visit) asked() *federation.Poll {
	var options []string
	for line := range strings.Lines(v.text("choices")) {
		if line = strings.TrimSpace(line); line != "" {
			options = append(options, line)
		}
	}
	if len(options) == 0 {
		return nil
	}
	days, err := strconv.Atoi(v.text("days"))
	if err != nil || !slices.Contains(pollDays(), days) {
		days = 1
	}
	return &federation.Poll{Options: options, Multiple: v.text("several") != "", Open: time.Duration(days) * 24 * time.Hour}
}

// Answers are those of the poll that is being written, one a line.
func (c composer) Answers() string {
	if c.Draft.Poll == nil {
		return ""
	}
	return strings.Join(c.Draft.Poll.Options, "\n")
}

// Days are how long the poll is to be open.
func (c composer) Days() int {
	if c.Draft.Poll == nil {
		return 1
	}
	return int(c.Draft.Poll.Open / (24 * time.Hour))
}

// Asks says whether a poll can be written: not where a post is only edited.
func (c composer) Asks() bool { return !strings.HasSuffix(c.Action, "/edit") }

// MaxAnswers is how many answers a poll has at most.
func (c composer) MaxAnswers() int { return activity.MaxOptions }
