package server

import (
	"context"
	"net/http"

	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/limit"
	"entente.example/entente/federation/media"
)

// Limits are how often others may come.
type Limits struct {
	Host     limit.Rate // requests that one host has signed
	Link     limit.Rate // pictures by links that we have made for one of our people
	Stranger limit.Rate // requests of one address by who has not shown who they are
}

func usualLimits() Limits {
	return Limits{
		Host:     limit.Rate{Burst: limits.HostBurst, Every: limits.HostEvery},
		Link:     limit.Rate{Burst: limits.LinkBurst, Every: limits.LinkEvery},
		Stranger: limit.Stranger(),
	}
}

// familiar is how long an address is known to be one of a host's, or of one of our people.
// Strangers behind the same address (a proxy that we have not been told of) do not shut
// them out then.
func familiar() limit.Rate { return limit.Rate{Burst: 1, Every: limits.FamiliarTime} }

// claim is who a request says it is of, "" of nobody, and how often they may come.
type claim struct {
	name string
	rate limit.Rate
}

// visit is a request of an address, and what it has cost whom so far.
type visit struct {
	claim
	from  string
	payer claim
}

// admit lets a request in if its sender does not come too often: before any key
// is fetched, before any arithmetic. Whose it is has not been proven yet, and anybody
// can make up a name: so it costs the address that it comes from, whatever is answered.
// Who then shows who they are pays for themselves, see known. Where they have done so
// lately, requests in their name are counted apart once the address has no more.
func (s *Server) admit(r *http.Request, p Policy) (*http.Request, error) {
	now, from := s.engine.Now(), limit.Address(r.RemoteAddr)
	v := visit{s.claims(r, p), from, claim{from, s.Limits.Stranger}}
	wait := s.Paces.Take(v.payer.name, v.payer.rate, now)
	if wait > 0 && v.name != "" && s.Paces.Wait(v.familiar(), familiar(), now) > 0 {
		v.payer = claim{v.name + " " + from, v.rate}
		wait = s.Paces.Take(v.payer.name, v.payer.rate, now)
	}
	return r.WithContext(context.WithValue(r.Context(), visit{}, v)), limit.Hurried(wait)
}

// claims reads the claim of a request, where its route finds out whether it is true.
func (s *Server) claims(r *http.Request, p Policy) claim {
	if p == Everybody {
		return claim{}
	}
	if query := r.URL.Query(); p == Onlookers && media.IsLink(query) {
		return claim{"member " + query.Get("for"), s.Limits.Link}
	}
	sig, err := httpsign.Parse(r, s.house.URL)
	if err != nil || sig.KeyID.Host() == "" {
		return claim{}
	}
	return claim{"host " + sig.KeyID.Host(), s.Limits.Host}
}

// known is for a request whose claim has turned out to be true: its address gets back
// what it has cost, and who sent it pays. All their addresses count together.
func (s *Server) known(ctx context.Context) error {
	v, _ := ctx.Value(visit{}).(visit)
	s.Paces.GiveBack(v.payer.name, v.payer.rate)
	s.Paces.GiveBack(v.familiar(), familiar()) // from now on, not from the first time
	s.Paces.Take(v.familiar(), familiar(), s.engine.Now())
	return limit.Hurried(s.Paces.Take(v.name, v.rate, s.engine.Now()))
}

func (v visit) familiar() string { return "familiar " + v.name + " " + v.from }
