package policy

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/store"
)

// NotGranted is the reason of what a partner may do no more than what was agreed.
const NotGranted = "not_granted"

// Grants are what we let the people of a host do here, and what it lets ours do there,
// now. In open federation who is no partner may do everything.
func (g *Gate) Grants(ctx context.Context, host string) (lets, takes agreement.Grant, err error) {
	if g.IsOwn(host) {
		return agreement.Everything(), agreement.Everything(), nil
	}
	p, known, err := activity.Optional(g.rows.Partner(ctx, host))
	switch {
	case err != nil:
		return agreement.Grant{}, agreement.Grant{}, err
	case !known && g.open:
		return agreement.Everything(), agreement.Everything(), nil
	case !known || !g.isNow(p):
		return agreement.Grant{}, agreement.Grant{}, nil
	}
	if err = json.Unmarshal(p.Lets, &lets); err == nil {
		err = json.Unmarshal(p.Takes, &takes)
	}
	return lets, takes, err
}

func (g *Gate) isNow(p store.Partner) bool {
	now := g.now()
	return !p.Suspended && !now.Before(p.FromAt) && (p.UntilAt.IsZero() || now.Before(p.UntilAt))
}

// Lets refuses (Denied, "not_granted") what somebody of a host may not do here: what
// the word names. who is "" for their server, which asks for all its people.
func (g *Gate) Lets(ctx context.Context, w agreement.Word, host string, who activity.ID) error {
	is, err := g.IsLet(ctx, w, host, who)
	if err == nil && !is {
		err = activity.Refuse(activity.Denied, NotGranted, "%s may not do this here (%s): the agreement does not grant it", host, w)
	}
	return err
}

// IsLet says whether Lets lets it.
func (g *Gate) IsLet(ctx context.Context, w agreement.Word, host string, who activity.ID) (bool, error) {
	lets, _, err := g.Grants(ctx, host)
	return err == nil && lets.Lets(w, who), err
}

// Takes refuses (Denied, "not_granted") what one of ours may not do at a host.
func (g *Gate) Takes(ctx context.Context, w agreement.Word, host string, who activity.ID) error {
	_, takes, err := g.Grants(ctx, host)
	if err == nil && !takes.Lets(w, who) {
		err = activity.Refuse(activity.Denied, NotGranted, "%s does not let you do this (%s): ask your admin about the agreement with it", host, w)
	}
	return err
}
