package store

import (
	"encoding/json"

	"entente.example/entente/activity"
)

// Job is work for later. Kind is its name in the queue and never changes.
type Job interface{ Kind() string }

// What is found out at other servers, and done about it, goes on in parts: see Pace.
type (
	// Synchronise: compare our people who follow an actor with what its own host
	// says (FEP-8fcf).
	Synchronise struct {
		Actor  Key         `json:"actor"`
		Begun  Key         `json:"begun"` // see Pace
		URL    activity.ID `json:"url"`
		Digest string      `json:"digest"`
	}
	// Refollow: let our people who follow an actor that has moved follow its
	// successor, those behind After.
	Refollow struct {
		Actor  Key `json:"actor"`
		Target Key `json:"target"`
		After  Key `json:"after,omitempty"` // the edge of the last one who was seen to
	}
	// Regroup: show what was posted in a group in the one that it goes on as.
	Regroup struct {
		Group Key `json:"group"` // the one that was
	}
	// TakeOver: go on with a group that its host hands over.
	TakeOver struct {
		Group Key `json:"group"` // as it is there
	}
	// AskAgain: ask the host of an actor how it is now.
	AskAgain struct {
		Actor Key `json:"actor"`
		Begun Key `json:"begun"` // see Pace
	}
	// FetchFeatured: fetch what an actor features.
	FetchFeatured struct {
		Actor Key `json:"actor"`
		Begun Key `json:"begun"` // see Pace
	}
	// FillThread: fetch what a thread lacks, or go on with it.
	FillThread struct {
		Thread Key    `json:"thread"` // its first note
		Begun  Key    `json:"begun"`  // see Pace
		Step   int    `json:"step"`
		Leads  []Lead `json:"leads,omitempty"` // where to look next
		Left   int    `json:"left"`            // documents that may still be fetched
	}
)

// Lead is where something of a thread may be found.
type Lead struct {
	ID   activity.ID `json:"id"`
	Kind string      `json:"kind"`           // see package resolve
	Of   activity.ID `json:"of,omitempty"`   // the note or collection that named it
	Been []uint64    `json:"been,omitempty"` // digests of the pages before it
}

// These are all the other promises that a transaction can make.
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
		Asked  int             `json:"asked,omitempty"` // requests that we have sent to check it
	}
	// Fan: find out who must get one of our activities, and bring it to each of
	// their inboxes once.
	Fan struct {
		Activity Key      `json:"activity"`
		Sender   Key      `json:"sender"`
		Inboxes  []string `json:"inboxes,omitempty"`  // besides those of its audience
		Reminder int      `json:"reminder,omitempty"` // the n-th repetition of an unanswered request; 0: the first time
		Before   bool     `json:"before,omitempty"`   // signed first with the keys from before the sender's rotation
		Object   int64    `json:"object,omitempty"`   // a digest of who does it and of what it is about: those of one keep their order
	}
	// Deliver: bring one of our activities to one inbox.
	Deliver struct {
		Activity Key    `json:"activity"`
		Sender   Key    `json:"sender"`
		Inbox    string `json:"inbox"`
		Before   bool   `json:"before,omitempty"` // as in Fan
		Object   int64  `json:"object,omitempty"` // as in Fan
		Urgent   bool   `json:"urgent,omitempty"` // the first thing that a host hears that was away: who is out of what
	}
	// Show: put a note on the timelines of the rest of an author's followers, or of a
	// group's members: those with edges of this kind behind Before.
	Show struct {
		Note   Key    `json:"note"`
		Edges  string `json:"edges"` // Follow or Membership
		Of     Key    `json:"of"`    // the author or the group
		Before Key    `json:"before"`
	}
	// Depart: take one of ours who is locked out of all that they are in.
	Depart struct {
		Actor  Key  `json:"actor"`
		Erased bool `json:"erased,omitempty"` // and then delete them for good
	}
	// Dismiss: take those out of a group of ours whose company it does not take any more.
	Dismiss struct {
		Group Key `json:"group"`
		After Key `json:"after,omitempty"` // the edge of the last one who was seen to
	}
	// PartRest: cut the rest of what joined our people to those of a host that is no partner
	// any more.
	PartRest struct {
		Host string `json:"host"`
	}
	// Freeze: let the ties between our people and a partner's be what the agreement lets.
	Freeze struct {
		Host string `json:"host"`
	}
	// Retire: remove the keys of one of our actors that were retired long ago.
	Retire struct {
		Actor Key `json:"actor"`
	}
	// JudgeQuote: find out whether a partner's note may quote what it quotes.
	JudgeQuote struct {
		Note Key `json:"note"`
	}
	// Tally: tell who has a poll how the votes stand, and who has voted when it is
	// over.
	Tally struct {
		Poll Key `json:"poll"`
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

// Kind is "synchronise".
func (Synchronise) Kind() string { return "synchronise" }

// Kind is "refollow".
func (Refollow) Kind() string { return "refollow" }

// Kind is "regroup".
func (Regroup) Kind() string { return "regroup" }

// Kind is "take_over".
func (TakeOver) Kind() string { return "take_over" }

// Kind is "ask".
func (AskAgain) Kind() string { return "ask" }

// Kind is "featured".
func (FetchFeatured) Kind() string { return "featured" }

// Kind is "thread".
func (FillThread) Kind() string { return "thread" }

// Kind is "deliver".
func (Deliver) Kind() string { return "deliver" }

// Host is where it goes; "" for what is no address.
func (d Deliver) Host() string { return activity.ID(d.Inbox).Host() }

// Kind is "dismiss".
func (Dismiss) Kind() string { return "dismiss" }

// Kind is "part".
func (PartRest) Kind() string { return "part" }

// Kind is "freeze".
func (Freeze) Kind() string { return "freeze" }

// Kind is "show".
func (Show) Kind() string { return "show" }

// Kind is "depart".
func (Depart) Kind() string { return "depart" }

// Kind is "retire".
func (Retire) Kind() string { return "retire" }

// Kind is "quote".
func (JudgeQuote) Kind() string { return "quote" }

// Kind is "tally".
func (Tally) Kind() string { return "tally" }

// TellPartner: tell another instance what we know of an agreement, or where Agreement
// is "" how all we have with it stand.
type TellPartner struct {
	Host      string      `json:"host"`
	Agreement activity.ID `json:"agreement,omitempty"`
	Verb      string      `json:"verb"` // the type of the activity
}

// Kind is "tell".
func (TellPartner) Kind() string { return "tell" }
