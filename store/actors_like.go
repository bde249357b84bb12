package store

import (
	"context"
	"strings"
)

// Who is looked for by the beginning of a name.

const maxLike = 20

// ActorsLike are up to 20 whose username or name begins with text, of one host or
// of all (""), whom the reader may know; nobody of a company whose agreement is suspended.
func (q query) ActorsLike(ctx context.Context, text, host string, r Reader) ([]Actor, error) {
	var rows []actorRow
	err := knownGroup(q.db.NewSelect().Model(&rows), r, nil).OrderExpr("NOT a.local, a.username").Limit(maxLike).Where(`a.deleted_at IS NULL AND a.suspended_at IS NULL AND a.type <> 'Application' AND (a.local OR a.inbox <> '') AND (a.local OR NOT EXISTS (SELECT FROM partners AS p WHERE p.host = a.origin AND p.suspended)) AND (?1 = '' OR a.host = ?1)
		AND (lower(a.username) LIKE ?0 OR lower(a.doc->>'name') LIKE ?0)`, beginning(text), host).Scan(ctx)
	return each(rows, actorRow.actor), err
}

// PeopleLike are up to 20 of our people whose username or name begins with text, as far as
// the reader may know them; no groups.
func (q query) PeopleLike(ctx context.Context, text string, r Reader) ([]Actor, error) {
	if text == "" {
		return nil, nil
	}
	var rows []actorRow
	err := known(q.db.NewSelect().Model(&rows), r).OrderExpr("a.username").Limit(maxLike).
		Where("a.local AND a.deleted_at IS NULL AND a.suspended_at IS NULL AND a.type IN ('Person', 'Service') AND NOT EXISTS (SELECT FROM members AS m WHERE m.actor = a.key AND m.locked_at IS NOT NULL)").
		Where("lower(a.username) LIKE ?0 OR lower(a.doc->>'name') LIKE ?0", beginning(text)).Scan(ctx)
	return each(rows, actorRow.actor), err
}

// beginning is the pattern of what begins with text, in whatever case.
func beginning(text string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(text)) + "%"
}
