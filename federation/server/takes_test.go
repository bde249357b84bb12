package server_test

import (
	"slices"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// deliveriesOf are the deliveries that bring a note of ours.
func (s *site) deliveriesOf(note store.Note) (ds []store.Deliver) {
	s.t.Helper()
	fans, err := s.db.Unspread(s.t.Context(), note.Key)
	s.do(err)
	for _, f := range fans {
		more, err := s.Deliveries(s.t.Context(), f)
		s.do(err)
		ds = append(ds, more...)
	}
	return ds
}

// A file that a partner does not take stays here. Who writes to its people hears so
// before anything is sent; who writes to many is told which company is left out.
func TestAFileLargerThanAPartnerTakesIsNotSent(t *testing.T) {
	t.Parallel()
	s, ctx := newSite(t), t.Context()
	small := agreement.Everything()
	small.FileSize = 10
	s.grants(s.globex, agreement.Everything(), agreement.Everything())
	s.takes(s.globex, s.globex.follow(s.cora, s.alice))
	pump(t, s.company)
	cora := s.knows(s.cora)
	name := " @" + string(cora.Username) + "@" + s.globex.host
	drafted := func(d federation.Draft) federation.Draft {
		d.Media = []store.Key{s.sends(s.alice, drawing(t)).Key}
		return d
	}
	for what, d := range map[string]federation.Draft{
		"to somebody":     drafted(federation.Draft{Text: "psst" + name, Visibility: activity.VisibleDirect}),
		"about somebody":  drafted(federation.Draft{Text: "hello" + name}),
		"to all who read": drafted(federation.Draft{Text: "hello"}),
	} {
		for limit, takes := range map[string]agreement.Grant{"none": agreement.Everything(), "a small one": small} {
			s.grants(s.globex, agreement.Everything(), takes)
			before := s.rows()
			r, err := s.Audience(ctx, s.alice, d)
			isLeftOut := slices.ContainsFunc(r.LeftOut, func(o federation.LeftOut) bool {
				return o.Host == s.globex.host && o.Reason == policy.LargeFile && o.Say != ""
			})
			got := slices.Contains(r.Companies, s.globex.host)
			if err != nil || isLeftOut != (limit != "none") && what == "to all who read" || got != (limit == "none") && what == "to all who read" {
				t.Errorf("%s, limit %s: %+v, %v", what, limit, r, err)
			}
			if limit == "none" {
				continue
			}
			n, err := s.Post(ctx, s.alice, d)
			if what != "to all who read" {
				if activity.KindOf(err) != activity.TooLarge || activity.FaultOf(err).Reason != policy.LargeFile || s.rows() != before {
					t.Errorf("%s: %v", what, err)
				}
				continue
			}
			s.do(err)
			ds := s.deliveriesOf(n)
			if len(ds) == 0 {
				t.Fatal("there is no delivery to be refused")
			}
			for _, d := range ds {
				if err := s.Deliver(ctx, d); activity.KindOf(err) != activity.Denied || activity.FaultOf(err).Reason != policy.LargeFile {
					t.Errorf("%s: %v", d.Inbox, err)
				}
			}
			s.grants(s.globex, agreement.Everything(), agreement.Everything())
			for _, d := range ds {
				s.do(s.Deliver(ctx, d))
			}
		}
	}
}

// What ours post beyond what a partner takes in a minute waits for its turn.
func TestOursPostNoFasterThanAPartnerTakes(t *testing.T) {
	t.Parallel()
	s, ctx := newSite(t), t.Context()
	slow := agreement.Everything()
	slow.PostsPerMinute = 2
	s.grants(s.globex, agreement.Everything(), slow)
	s.takes(s.globex, s.globex.follow(s.cora, s.alice))
	pump(t, s.company)
	var ds []store.Deliver
	for range 3 {
		n, err := s.Post(ctx, s.alice, federation.Draft{Text: "again"})
		s.do(err)
		ds = append(ds, s.deliveriesOf(n)...)
	}
	if len(ds) != 3 {
		t.Fatalf("%d deliveries", len(ds))
	}
	s.do(s.Deliver(ctx, ds[0]))
	s.do(federation.New(s.options).Deliver(ctx, ds[1])) // by another process
	if err := s.Deliver(ctx, ds[2]); activity.KindOf(err) != activity.Later || activity.FaultOf(err).Reason != policy.TooFast {
		t.Errorf("the third in a minute: %v", err)
	}
	s.ahead.Add(int64(time.Minute))
	s.do(s.Deliver(ctx, ds[2]))
}
