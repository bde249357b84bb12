package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Contact is how somebody elsewhere reaches our people whom they have nothing to do with.
type Contact struct {
	Thing  Key // the note, or the activity that is none
	Author Key
	Domain string // the registered one of the author's host
	Word   bool   // they are written to; else something was done to what they wrote, or to themselves
}

// Acquaintance says which of these keys are our people, and whether each of them has
// something to do with who: follows them or has asked to, has written to them, is in a
// group with them or asks to be in it, or has met them by this very thing. That somebody
// was written to, or is followed, counts for nothing: anybody can do that.
func (q query) Acquaintance(ctx context.Context, who, thing Key, keys ...Key) (map[Key]bool, error) {
	var rows []struct {
		Actor Key
		Known bool
	}
	err := q.db.NewRaw(`SELECT m.actor, m.actor = ?0
		OR EXISTS (SELECT FROM edges AS f WHERE f.kind IN ('follow', 'member') AND f.actor = m.actor AND f.object = ?0)
		OR EXISTS (SELECT FROM notes AS n WHERE n.local AND n.addressed <> '{}' AND n.addressed @> ARRAY[?0::bigint] AND n.author = m.actor)
		OR EXISTS (SELECT FROM edges AS mine JOIN edges AS theirs ON theirs.kind = 'member' AND theirs.actor = ?0 AND theirs.object = mine.object
			WHERE mine.kind = 'member' AND mine.actor = m.actor AND mine.accepted AND theirs.accepted)
		OR EXISTS (SELECT FROM first_contacts AS c WHERE c.note = ?1 AND c.member = m.actor) AS known
		FROM members AS m WHERE m.actor IN (?2)`, who, thing, bun.List(append(keys, 0))).Scan(ctx, &rows)
	known := map[Key]bool{}
	for _, r := range rows {
		known[r.Actor] = r.Known
	}
	return known, err
}

// FirstContacts counts how often since then somebody was reached like that by the author
// of a contact, and by anybody of its domain.
func (q query) FirstContacts(ctx context.Context, c Contact, since time.Time) (byAuthor, byDomain int, err error) {
	err = q.db.NewRaw(`SELECT (SELECT count(*) FROM first_contacts WHERE author = ?0 AND at > ?2 AND word = ?3),
		(SELECT count(*) FROM first_contacts WHERE domain = ?1 AND at > ?2 AND word = ?3)`, c.Author, c.Domain, since, c.Word).Scan(ctx, &byAuthor, &byDomain)
	return byAuthor, byDomain, err
}

// Meet notes that these members are reached like that. Twice is once.
func (tx *Tx) Meet(ctx context.Context, c Contact, members []Key) error {
	for _, m := range members {
		if _, err := tx.db.NewRaw("INSERT INTO first_contacts (note, member, author, domain, word, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			c.Thing, m, c.Author, c.Domain, c.Word, tx.Now).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ForgetFirstContacts removes those before that time.
func (tx *Tx) ForgetFirstContacts(ctx context.Context, before time.Time) (int, error) {
	return count(tx.db.NewRaw("DELETE FROM first_contacts WHERE at < ?", before).Exec(ctx))
}
