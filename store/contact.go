package store

import (
	"context"
	"time"
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
	known := map[Key]bool{}
	err := q.aside().each(ctx, `SELECT m.actor, m.actor = $1
		OR EXISTS (SELECT FROM edges AS f WHERE f.kind IN ('follow', 'member') AND f.actor = m.actor AND f.object = $1)
		OR EXISTS (SELECT FROM notes AS n WHERE n.local AND n.addressed <> '{}' AND n.addressed @> ARRAY[$1::bigint] AND n.author = m.actor)
		OR EXISTS (SELECT FROM edges AS mine JOIN edges AS theirs ON theirs.kind = 'member' AND theirs.actor = $1 AND theirs.object = mine.object
			WHERE mine.kind = 'member' AND mine.actor = m.actor AND mine.accepted AND theirs.accepted)
		OR EXISTS (SELECT FROM first_contacts AS c WHERE c.note = $2 AND c.member = m.actor)
		FROM members AS m WHERE m.actor = ANY ($3::bigint[])`, []any{int64(who), int64(thing), numbers(keys)}, func(scan func(...any) error) error {
		var key Key
		var is bool
		err := scan(&key, &is)
		known[key] = is
		return err
	})
	return known, err
}

// FirstContacts counts how often since then somebody was reached like that by the author
// of a contact, and by anybody of its domain.
func (q query) FirstContacts(ctx context.Context, c Contact, since time.Time) (byAuthor, byDomain int, err error) {
	err = q.aside().row(ctx, `SELECT (SELECT count(*) FROM first_contacts WHERE author = $1 AND at > $3 AND word = $4),
		(SELECT count(*) FROM first_contacts WHERE domain = $2 AND at > $3 AND word = $4)`,
		[]any{int64(c.Author), c.Domain, since, c.Word}, &byAuthor, &byDomain)
	return byAuthor, byDomain, err
}

// Meet notes that these members are reached like that. Twice is once.
func (tx *Tx) Meet(ctx context.Context, c Contact, members []Key) error {
	if len(members) == 0 {
		return nil
	}
	_, err := tx.aside().exec(ctx, `INSERT INTO first_contacts (note, member, author, domain, word, at)
		SELECT $1, m, $3, $4, $5, $6 FROM unnest($2::bigint[]) AS m ON CONFLICT DO NOTHING`,
		int64(c.Thing), numbers(members), int64(c.Author), c.Domain, c.Word, tx.Now)
	return err
}

// ForgetFirstContacts removes those before that time.
func (tx *Tx) ForgetFirstContacts(ctx context.Context, before time.Time) (int, error) {
	return count(tx.db.NewRaw("DELETE FROM first_contacts WHERE at < ?", before).Exec(ctx))
}
