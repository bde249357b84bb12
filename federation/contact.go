package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
)

// contact is how somebody reaches our people, and the host that they do it from.
type contact struct {
	store.Contact
	host string
}

// byWord is contact by a note.
func byWord(n store.Note) contact {
	host := n.Note.Author().Host()
	return contact{store.Contact{Thing: n.Key, Author: n.AuthorKey, Domain: resolve.Domain(host), Word: true}, host}
}

// bySign is contact by this activity, which is done by an actor and no word to anybody.
func (d *Deed) bySign(by store.Actor) contact {
	host := by.ID.Host()
	return contact{store.Contact{Thing: d.Key, Author: by.Key, Domain: resolve.Domain(host)}, host}
}

// Notify tells one of our people what somebody did: every verb does it here. Who is
// elsewhere and has met enough of our people in a day is not told of to those who have
// nothing to do with them; what they did is as true as ever. Who has voted is told what
// came of it in any case.
func (d *Deed) Notify(ctx context.Context, member store.Key, kind string, by, note store.Key) error {
	who, err := d.ActorByKey(ctx, by)
	if err != nil {
		return err
	}
	if d.Local || who.Local || kind == "poll" {
		return d.Tx.Notify(ctx, member, kind, by, note)
	}
	sign := d.bySign(who)
	_, strangers, err := d.divide(ctx, sign, []store.Key{member})
	if err != nil {
		return err
	}
	if within, err := d.withinBudget(ctx, sign, len(strangers)); err != nil || !within {
		d.log.InfoContext(ctx, "a stranger is not told", "reason", "first_contacts", "kind", kind, "actor", who.ID)
		return err
	}
	isNew, err := d.NotifyNew(ctx, member, kind, by, note)
	if err != nil || !isNew {
		return err
	}
	return d.Meet(ctx, sign.Contact, strangers)
}

// mayMeet refuses (Denied) what somebody elsewhere wants of one of our people who has
// nothing to do with them, once they have met enough of our people in a day.
func (d *Deed) mayMeet(ctx context.Context, by store.Actor, who store.Key) error {
	if d.Local {
		return nil
	}
	sign := d.bySign(by)
	_, strangers, err := d.divide(ctx, sign, []store.Key{who})
	if err != nil {
		return err
	}
	within, err := d.withinBudget(ctx, sign, len(strangers))
	if err == nil && !within {
		err = tooManyContacts()
	}
	return err
}

// meets counts that somebody elsewhere has reached one of our people by way of ours.
func (d *Deed) meets(ctx context.Context, who store.Key) error {
	if d.Local {
		return nil
	}
	sign := d.bySign(d.Actor)
	_, strangers, err := d.divide(ctx, sign, []store.Key{who})
	if err != nil {
		return err
	}
	return d.Meet(ctx, sign.Contact, strangers)
}

func tooManyContacts() error {
	return activity.Refuse(activity.Denied, "first_contacts", "who is known to nobody here writes to at most %d people in a day, and all of one domain to %d: the same goes for invitations", limits.FirstContacts, limits.DomainFirstContacts)
}

// divide tells those of our people who have something to do with the author of a contact
// from those who have not.
func (d *Deed) divide(ctx context.Context, c contact, people []store.Key) (friends, strangers []store.Key, err error) {
	known, err := d.Acquaintance(ctx, c.Author, c.Thing, people...)
	for key, is := range known {
		if is {
			friends = append(friends, key)
		} else {
			strangers = append(strangers, key)
		}
	}
	return friends, strangers, err
}

// withinBudget says whether so many more may be reached who have nothing to do with the
// author. Somebody of a partner may introduce themselves to a whole department, and the
// partner has as many people as it has; who goes beyond that is no longer the one whom
// their company has hired.
func (d *Deed) withinBudget(ctx context.Context, c contact, more int) (bool, error) {
	if more == 0 {
		return true, nil
	}
	byAuthor, byDomain, err := d.FirstContacts(ctx, c.Contact, d.Now.Add(-limits.FirstContactsWithin))
	if err != nil {
		return false, err
	}
	partner, err := d.IsPartner(ctx, c.host, d.Now)
	if partner {
		return byAuthor+more <= limits.PartnerFirstContacts, err
	}
	return byAuthor+more <= limits.FirstContacts && byDomain+more <= limits.DomainFirstContacts, err
}
