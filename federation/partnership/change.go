package partnership

import (
	"cmp"
	"time"

	"entente.example/entente/federation/agreement"
)

// Change is what is said anew of terms; what is zero stays as it was.
type Change struct {
	Lets, Takes GrantChange
	From, Until time.Time
	Reason      string
	Data        DataChange
}

// DataChange is what is said anew of copies; what is zero or nil stays as it was.
type DataChange struct {
	AtEnd        string
	DeleteWithin int  // hours
	ExportFor    *int // days
	TellWithin   int  // hours
}

// GrantChange is what is said anew of a grant; what is nil stays as it was.
type GrantChange struct {
	Words          []agreement.Word
	People         *agreement.People
	FileSize       *int64
	PostsPerMinute *int
}

// Usual is what a proposal begins with: the narrowest that is of use, both ways.
func Usual() Proposal {
	return Proposal{Lets: agreement.Narrowest(), Takes: agreement.Narrowest(), Data: agreement.UsualData()}
}

// On is a proposal with what has changed.
func (c Change) On(p Proposal) Proposal {
	p.Lets, p.Takes, p.Reason = c.Lets.on(p.Lets), c.Takes.on(p.Takes), c.Reason
	if !c.From.IsZero() {
		p.From = c.From
	}
	if !c.Until.IsZero() {
		p.Until = c.Until
	}
	p.Data = c.Data.on(p.Data)
	return p
}

func (c DataChange) on(d agreement.DataTerms) agreement.DataTerms {
	d.AtEnd, d.DeleteWithin, d.IncidentWithin = cmp.Or(c.AtEnd, d.AtEnd), cmp.Or(c.DeleteWithin, d.DeleteWithin), cmp.Or(c.TellWithin, d.IncidentWithin)
	if c.ExportFor != nil {
		d.ExportFor = *c.ExportFor
	}
	return d
}

func (c GrantChange) on(g agreement.Grant) agreement.Grant {
	if c.Words != nil {
		g.Words = c.Words
	}
	if c.People != nil {
		g.People = *c.People
	}
	if c.FileSize != nil {
		g.FileSize = *c.FileSize
	}
	if c.PostsPerMinute != nil {
		g.PostsPerMinute = *c.PostsPerMinute
	}
	return g
}
