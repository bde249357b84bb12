package entity

import (
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Audience is who would get a status.
type Audience struct {
	People        int            `json:"people"`         // to whom it is brought, or who are named; its author apart
	Handles       []string       `json:"handles"`        // of the first of them, with @ and host: who is named, then who has joined or followed last
	Companies     []string       `json:"companies"`      // the hosts that it is brought to
	Unverified    []string       `json:"unverified"`     // those of them that have signed no agreement with us
	LeftOut       []LeftOut      `json:"left_out"`       // companies that it is for and that do not get it
	NewestCompany *NewestCompany `json:"newest_company"` // null: none of them is a partner
	Widest        string         `json:"widest"`         // who may read it besides: everybody, group, followers, or people (nobody)
	RelayedBy     *string        `json:"relayed_by"`     // the company whose group it is in, which brings it to others; or null
}

// NewestCompany is the partner among several that was allowed last.
type NewestCompany struct {
	Host  string `json:"host"`
	Since Time   `json:"since"`
}

// LeftOut is a company that a status does not go to.
type LeftOut struct {
	Host   string `json:"host"`
	Reason string `json:"reason"` // "large_file"
	Say    string `json:"message"`
}

// NewAudience shows whom a status would reach; handle writes those of actors.
func NewAudience(r federation.Reach, handle func(store.Actor) string) Audience {
	a := Audience{People: r.People, Handles: []string{}, Companies: append([]string{}, r.Companies...), Unverified: append([]string{}, r.Unsigned...), Widest: r.Widest, RelayedBy: orNull(r.Through)}
	a.LeftOut = []LeftOut{}
	for _, one := range r.LeftOut {
		a.LeftOut = append(a.LeftOut, LeftOut(one))
	}
	for _, one := range r.Some {
		a.Handles = append(a.Handles, "@"+handle(one))
	}
	if r.Newest.Host != "" {
		a.NewestCompany = &NewestCompany{r.Newest.Host, At(r.Newest.AllowedAt)}
	}
	return a
}
