package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/remote"
)

// Software is the name of ours in NodeInfo.
const Software = "entente"

// AskSoftware asks a host which software it runs, and keeps the answer for admins to
// read. One that cannot be had for now leaves what was said before; a host that does
// not say, or nothing that can be read, has said nothing.
func (s *Service) AskSoftware(ctx context.Context, host string) (remote.Software, error) {
	said, err := s.client.NodeInfo(ctx, host)
	if err != nil && !activity.KindOf(err).Permanent() {
		return said, err
	}
	if e := s.db.SetSoftware(ctx, host, said.Name, said.Version, s.now()); e != nil {
		return said, e
	}
	return said, err
}

// LookAfter does what time brings: agreements that end, and those to remind others of;
// then it asks partners what they run.
func (s *Service) LookAfter(ctx context.Context) error {
	if err := s.desk.Tick(ctx); err != nil {
		return err
	}
	if err := s.LookAfterGroups(ctx); err != nil {
		return err
	}
	return s.AskPartners(ctx)
}

// AskPartners asks the partners, one after the other, that were not asked for
// limits.SoftwareEvery. Several processes share them.
func (s *Service) AskPartners(ctx context.Context) error {
	for ctx.Err() == nil {
		host, err := s.db.AskPartner(ctx, s.now(), limits.SoftwareEvery)
		if err != nil || host == "" {
			return err
		}
		if _, err := s.AskSoftware(ctx, host); err != nil && ctx.Err() == nil {
			s.log.InfoContext(ctx, "a partner does not say which software it runs", "host", host, "err", err)
		}
	}
	return nil
}
