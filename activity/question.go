package activity

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"entente.example/entente/activity/limits"
)

// Question is what a Note has besides when it is a poll: one choice of OneOf, or
// any number of AnyOf (ActivityStreams vocabulary, interop §3.5).
type Question struct {
	OneOf   List[PollOption] `json:"oneOf,omitempty"`
	AnyOf   List[PollOption] `json:"anyOf,omitempty"`
	EndTime Time             `json:"endTime,omitzero"` // of an Event too; Misskey's polls may have none
	Closed  Closing          `json:"closed,omitzero"`
	Voters  Count            `json:"votersCount,omitempty"` // people; 0 where the software does not say
}

// PollOption is one answer of a Question, and how many have chosen it.
type PollOption struct {
	Type    Text  `json:"type,omitempty"`
	Name    Text  `json:"name"` // plain text
	Replies Tally `json:"replies,omitzero"`
}

// Tally is a collection of which only the number counts.
type Tally struct {
	Type  Text  `json:"type,omitempty"`
	Total Count `json:"totalItems"`
}

// UnmarshalJSON reads an object; anything else (a link to it) counts nothing.
func (t *Tally) UnmarshalJSON(b []byte) error {
	type plain Tally
	var p plain
	if json.Unmarshal(b, &p) != nil {
		p = plain{}
	}
	*t = Tally(p)
	return nil
}

// Count is a number of people or things, 0 for what cannot be one.
type Count int

// UnmarshalJSON takes a whole number, or one in quotes. It never fails.
func (c *Count) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	if err != nil || n < 0 || n > limits.Count {
		n = 0
	}
	*c = Count(n)
	return nil
}

// Closing is the time when a poll was closed, or will be: Pleroma writes it
// beforehand. true reads as long ago.
type Closing struct{ Time }

// UnmarshalJSON never fails on well-formed JSON.
func (c *Closing) UnmarshalJSON(b []byte) error {
	if string(b) == "true" {
		c.Time = At(time.Unix(1, 0).UTC())
		return nil
	}
	return c.Time.UnmarshalJSON(b)
}

// IsPoll says whether it can be voted in.
func (n Note) IsPoll() bool { return n.Type == "Question" && len(n.Options()) > 0 }

// Options are the answers to choose from, in their order. They may be changed.
func (q Question) Options() List[PollOption] {
	if len(q.OneOf) > 0 {
		return q.OneOf
	}
	return q.AnyOf
}

// IsMultiple says whether one may choose several.
func (q Question) IsMultiple() bool { return len(q.OneOf) == 0 }

// Option is the number of the answer with this name, -1 for none.
func (q Question) Option(name Text) int {
	for i, o := range q.Options() {
		if o.Name == name {
			return i
		}
	}
	return -1
}

// Ends is when the last vote counts, zero: when its author says so.
func (q Question) Ends() time.Time {
	ends := q.EndTime.Time
	if closed := q.Closed.Time.Time; !closed.IsZero() && (ends.IsZero() || closed.Before(ends)) {
		ends = closed
	}
	return ends
}

// IsOver says whether no vote counts any more.
func (q Question) IsOver(now time.Time) bool {
	ends := q.Ends()
	return !ends.IsZero() && !now.Before(ends)
}

// Votes are how many answers were chosen in all.
func (q Question) Votes() (sum Count) {
	for _, o := range q.Options() {
		sum += o.Replies.Total
	}
	return min(sum, limits.Count)
}

// SameAnswers says whether two versions of a poll ask the same: votes on one are
// votes on the other.
func (q Question) SameAnswers(other Question) bool {
	a, b := q.Options(), other.Options()
	if len(a) != len(b) || q.IsMultiple() != other.IsMultiple() {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name {
			return false
		}
	}
	return true
}

// What our people may ask (interop §3.5; shown in the instance's configuration).
const (
	MinOptions  = 2
	MaxOptions  = 10
	MaxOption   = 100 // characters
	MinPollTime = 5 * time.Minute
	MaxPollTime = 30 * 24 * time.Hour
)

// clean keeps answers that can be told apart, by plain names.
func (q *Question) clean() {
	for _, list := range []*List[PollOption]{&q.OneOf, &q.AnyOf} {
		var kept List[PollOption]
		seen := map[Text]bool{"": true}
		for _, o := range head(*list, limits.Entries) {
			o.Name = cut(Text(PlainText(string(cut(o.Name, 2*limits.PollAnswer)))), limits.PollAnswer)
			if !seen[o.Name] {
				seen[o.Name] = true
				kept = append(kept, o)
			}
		}
		*list = kept
	}
	if len(q.OneOf) > 0 {
		q.AnyOf = nil // Pleroma sends both, one of them empty
	}
}

// IsVote says whether this is a vote, or would be if it answered a poll: a name and
// no text.
func (n Note) IsVote() bool {
	return n.Type == "Note" && n.Name != "" && n.Content == "" && n.InReplyTo.First() != "" && len(n.Attachment) == 0
}

// CheckPoll refuses (Invalid) a poll that our people may not ask: answers that are
// too few, too many, too long, empty or the same, or an end too near or too far.
func CheckPoll(options []string, open time.Duration) error {
	if len(options) < MinOptions || len(options) > MaxOptions {
		return Refuse(Invalid, "bad_options", "a poll has %d to %d answers", MinOptions, MaxOptions)
	}
	seen := map[string]bool{"": true}
	for _, o := range options {
		if seen[o] || utf8.RuneCountInString(o) > MaxOption {
			return Refuse(Invalid, "bad_options", "the answers of a poll differ, and have 1 to %d characters", MaxOption)
		}
		seen[o] = true
	}
	if open < MinPollTime || open > MaxPollTime {
		return Refuse(Invalid, "bad_poll_time", "a poll is open for %s at least and %d days at most", MinPollTime, MaxPollTime/(24*time.Hour))
	}
	return nil
}
