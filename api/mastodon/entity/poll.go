package entity

import (
	"time"

	"entente.example/entente/store"
)

// Poll is what a status asks, and how the votes stand.
type Poll struct {
	ID          store.Key    `json:"id,string"`
	ExpiresAt   *Time        `json:"expires_at"`
	Expired     bool         `json:"expired"`
	Multiple    bool         `json:"multiple"`
	VotesCount  int          `json:"votes_count"`
	VotersCount *int         `json:"voters_count"` // null: its author's software does not say
	Voted       bool         `json:"voted"`
	OwnVotes    []int        `json:"own_votes"`
	Options     []PollOption `json:"options"`
	Emojis      []Emoji      `json:"emojis"`
}

// PollOption is one answer.
type PollOption struct {
	Title      string `json:"title"`
	VotesCount int    `json:"votes_count"`
}

// NewPoll shows the poll of a note, nil where it is none. own are the answers that
// the viewer has chosen. Who has asked counts as having voted.
func NewPoll(n store.Note, own []int, isAuthor bool, now time.Time) *Poll {
	if !n.IsPoll() {
		return nil
	}
	p := &Poll{ID: n.Key, ExpiresAt: AtOrNull(n.Ends()), Expired: n.IsOver(now), Multiple: n.IsMultiple(), VotesCount: int(n.Votes()),
		Voted: len(own) > 0 || isAuthor, OwnVotes: append([]int{}, own...), Options: []PollOption{}}
	voters := int(n.Voters)
	if !n.IsMultiple() {
		voters = p.VotesCount
	}
	if n.Local || voters > 0 || !n.IsMultiple() {
		p.VotersCount = &voters
	}
	var titles []string
	for _, o := range n.Options() {
		p.Options = append(p.Options, PollOption{string(o.Name), int(o.Replies.Total)})
		titles = append(titles, string(o.Name))
	}
	p.Emojis = NewEmojis(n.Tag, titles...)
	return p
}
