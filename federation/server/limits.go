package server

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/limit"
	"entente.example/entente/federation/media"
	"entente.example/entente/store"
)

// Limits are how often others may come.
type Limits struct {
	Host     limit.Rate // signed requests in the name of one host
	Stranger limit.Rate // requests of one address that nobody has signed, or not well
}

func usualLimits() Limits {
	return Limits{
		Host:     limit.Rate{Burst: limits.HostBurst, Every: limits.HostEvery},
		Stranger: limit.Rate{Burst: limits.StrangerBurst, Every: limits.StrangerEvery},
	}
}

// familiar is how long an address is known to be one of a host's. Strangers behind
// the same address (a proxy that we have not been told of) do not shut it out then.
func familiar() limit.Rate { return limit.Rate{Burst: 1, Every: limits.FamiliarTime} }

// tooFast is how long to wait.
type tooFast time.Duration

func (f tooFast) Error() string { return time.Duration(f).String() }

// seconds is the wait as Retry-After has it, at least 1 (RFC 9110 §10.2.3).
func (f tooFast) seconds() string {
	return strconv.Itoa(max(1, int(math.Ceil(time.Duration(f).Seconds()))))
}

func hurried(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return activity.Because(activity.TooMany, "too_fast", tooFast(wait), "this is more than one server may ask for; wait a little")
}

// admit lets a request in if its sender does not come too often: before any key
// is fetched, before any arithmetic. Whose name a signature bears is not proven
// yet, so what counts is the name together with the address: nobody uses up what
// is a partner's.
func (s *Server) admit(r *http.Request) error {
	if strings.HasPrefix(r.URL.Path, "/media/") && media.IsLink(r.URL.Query()) { // our own people, a page full of pictures at a time; a forged one costs a hash
		return nil
	}
	now, from := s.engine.Now(), limit.Address(r.RemoteAddr)
	sig, err := httpsign.Parse(r, s.house.URL)
	if err != nil || sig.KeyID.Host() == "" {
		return hurried(s.paces.Take(from, s.Limits.Stranger, now))
	}
	pair := "host " + sig.KeyID.Host() + " " + from
	if wait := s.paces.Wait(from, s.Limits.Stranger, now); wait > 0 && s.paces.Wait("familiar "+pair, familiar(), now) == 0 {
		return hurried(wait)
	}
	return hurried(s.paces.Take(pair, s.Limits.Host, now))
}

// noteFailure counts a signed request that turned out not to be by a partner.
func (s *Server) noteFailure(r *http.Request, err error) error {
	if f := activity.FaultOf(err); err != nil && (f.Kind == activity.Unauthenticated && f.Reason != "unsigned" || f.Reason == "not_a_partner") {
		s.paces.Take(limit.Address(r.RemoteAddr), s.Limits.Stranger, s.engine.Now())
	}
	return err
}

// paced is for who has shown who they are: all addresses of a host count together.
func (s *Server) paced(r *http.Request, signer store.Actor) error {
	now, host := s.engine.Now(), "host "+signer.ID.Host()
	s.paces.Take("familiar "+host+" "+limit.Address(r.RemoteAddr), familiar(), now)
	return hurried(s.paces.Take(host, s.Limits.Host, now))
}
