package federation

import (
	"context"
	"strconv"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/export"
	"entente.example/entente/federation/limit"
	"entente.example/entente/store"
)

// exports is who makes them, and how often people ask for one.
type exports struct {
	*export.Exporter
	paces *limit.Limiter
	seats chan struct{}
}

// ExportGroup writes what this company has of a group to a shelf, for who is in ctx (see
// store.By): the audit log says it before the first byte is written.
func (s *Service) ExportGroup(ctx context.Context, group store.Actor, to export.Shelf, told export.Told) (export.Manifest, error) {
	if !group.IsGroup() {
		return export.Manifest{}, activity.ErrNotFound()
	}
	if err := s.noteExport(ctx, store.Decision{What: "group.exported", About: string(group.ID)}); err != nil {
		return export.Manifest{}, err
	}
	return s.exports.Group(ctx, group, to, told)
}

func (s *Service) noteExport(ctx context.Context, d store.Decision) error {
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		tx.Audit(ctx, d)
		return nil
	})
}

// ExportPartner writes what this company shares with another one, likewise: with their
// private messages only if they are asked for. It is refused as Desk.MayTakeOut says.
func (s *Service) ExportPartner(ctx context.Context, host string, messages bool, to export.Shelf, told export.Told) (export.Manifest, error) {
	err := s.desk.MayTakeOut(ctx, host)
	if err == nil {
		err = s.noteExport(ctx, store.Decision{What: "partner.exported", About: host, Details: map[string]string{"messages": strconv.FormatBool(messages)}})
	}
	if err != nil {
		return export.Manifest{}, err
	}
	return s.exports.Partner(ctx, host, messages, to, told)
}

// MayExport says whether somebody may take a group out: who owns or moderates it, here or
// where it lives. Others are refused as they are for everything else that moderators do.
func (s *Service) MayExport(ctx context.Context, me, group store.Actor) error {
	if !group.IsGroup() {
		return activity.ErrNotFound()
	}
	moderates, err := s.db.HasEdge(ctx, store.Moderator, me.Key, group.Key)
	if err == nil && !moderates {
		err = refused(nil)
	}
	return err
}

// BeginExport is a place among those who are exporting, until end is called. Refused
// (TooMany) who has begun another one just now ("too_fast"), and everybody when many are
// under way ("many_exports").
func (s *Service) BeginExport(me store.Actor) (end func(), err error) {
	select {
	case s.exports.seats <- struct{}{}:
	default:
		return nil, activity.After(limits.ExportEvery, activity.Refuse(activity.TooMany, "many_exports", "%d exports are under way; try again in a few minutes", limits.Exports))
	}
	end = func() { <-s.exports.seats }
	if err := s.exports.paces.Admit(me.Key.String(), limit.Rate{Burst: 1, Every: limits.ExportEvery}, s.now()); err != nil {
		end()
		return nil, err
	}
	return end, nil
}
