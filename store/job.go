package store

import "encoding/json"

// Job is work for later. Kind is its name in the queue and never changes.
type Job interface{ Kind() string }

// These are all the promises that a transaction can make.
type (
	// Publish: post a draft, if it is due.
	Publish struct {
		Draft Key `json:"draft"`
	}
	// Received: take in what a partner sent; its signature is good, its key
	// belongs to Signer.
	Received struct {
		Raw    json.RawMessage `json:"raw"`
		Signer string          `json:"signer"`
	}
	// Fan: find out who must get one of our activities, and bring it to each of
	// their inboxes once.
	Fan struct {
		Activity Key      `json:"activity"`
		Sender   Key      `json:"sender"`
		Inboxes  []string `json:"inboxes,omitempty"`  // besides those of its audience
		Reminder int      `json:"reminder,omitempty"` // the n-th repetition of an unanswered request; 0: the first time
		Before   bool     `json:"before,omitempty"`   // signed first with the keys from before the sender's rotation
	}
	// Deliver: bring one of our activities to one inbox.
	Deliver struct {
		Activity Key    `json:"activity"`
		Sender   Key    `json:"sender"`
		Inbox    string `json:"inbox"`
		Before   bool   `json:"before,omitempty"` // as in Fan
	}
	// Retire: remove the keys of one of our actors that were retired long ago.
	Retire struct {
		Actor Key `json:"actor"`
	}
	// JudgeQuote: find out whether a partner's note may quote what it quotes.
	JudgeQuote struct {
		Note Key `json:"note"`
	}
)

// Kind is "publish".
func (Publish) Kind() string { return "publish" }

// id is the one of the job, so that moving a draft moves its job.
func (p Publish) id() string { return p.Kind() + "-" + p.Draft.String() }

// Kind is "received".
func (Received) Kind() string { return "received" }

// Kind is "fan".
func (Fan) Kind() string { return "fan" }

// Kind is "deliver".
func (Deliver) Kind() string { return "deliver" }

// Kind is "retire".
func (Retire) Kind() string { return "retire" }

// Kind is "quote".
func (JudgeQuote) Kind() string { return "quote" }
