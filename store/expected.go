package store

import (
	"context"

	"entente.example/entente/activity"
)

// Expected is somebody who was in a group elsewhere, or must not come into it, by the list
// of its host.
type Expected struct {
	Edge Key         `json:"-"` // to go on behind, in a list of our own group
	IRI  activity.ID `json:"id"`
	Role string      `json:"role"` // Membership, Moderator, Owner or Ban
}

// PeopleOf are those who are in a group of ours, or banned from it, behind an edge.
func (q query) PeopleOf(ctx context.Context, group, after Key, limit int) (people []Expected, err error) {
	err = q.bound().each(ctx, `SELECT e.key, a.iri, CASE WHEN e.kind = 'ban' THEN 'ban' ELSE coalesce((SELECT max(r.kind) FROM edges AS r
			WHERE r.actor = e.actor AND r.object = e.object AND r.kind IN ('moderator', 'owner')), 'member') END
		FROM edges AS e JOIN actors AS a ON a.key = e.actor AND a.deleted_at IS NULL
		WHERE e.object = $1 AND e.kind IN ('member', 'ban') AND e.accepted AND e.key > $2 ORDER BY e.key LIMIT $3`,
		[]any{int64(group), int64(after), limit}, func(scan func(...any) error) error {
			var p Expected
			err := scan(&p.Edge, &p.IRI, &p.Role)
			people = append(people, p)
			return err
		})
	return people, err
}

// Expect keeps who is expected in a group, in place of who was.
func (tx *Tx) Expect(ctx context.Context, group Key, people []Expected) error {
	if _, err := tx.bound().exec(ctx, "DELETE FROM expected WHERE group_key = $1", int64(group)); err != nil {
		return err
	}
	var iris, hosts, roles []string
	for _, p := range people {
		iris, hosts, roles = append(iris, string(p.IRI)), append(hosts, p.IRI.Host()), append(roles, p.Role)
	}
	_, err := tx.bound().exec(ctx, `INSERT INTO expected (group_key, iri, host, role) SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING`,
		int64(group), iris, hosts, roles)
	return err
}

// ExpectIn takes who is expected in a group over to the one that goes on with it.
func (tx *Tx) ExpectIn(ctx context.Context, was, group Key) error {
	_, err := tx.bound().exec(ctx, "UPDATE expected SET group_key = $2 WHERE group_key = $1", int64(was), int64(group))
	return err
}

// Expects is the role in which somebody is expected in a group, "" for none.
func (q query) Expects(ctx context.Context, group Key, who activity.ID) (role string, err error) {
	err = q.bound().row(ctx, "SELECT coalesce((SELECT role FROM expected WHERE group_key = $1 AND iri = $2), '')", []any{int64(group), string(who)}, &role)
	return role, err
}

// Awaited is somebody of each host of whom people are still expected in a group.
func (q query) Awaited(ctx context.Context, group Key) (people []activity.ID, err error) {
	err = q.bound().each(ctx, "SELECT min(iri) FROM expected WHERE group_key = $1 AND role <> 'ban' GROUP BY host ORDER BY host", []any{int64(group)}, func(scan func(...any) error) error {
		var id activity.ID
		err := scan(&id)
		people = append(people, id)
		return err
	})
	return people, err
}

// Came forgets that somebody was expected.
func (tx *Tx) Came(ctx context.Context, group Key, who activity.ID) error {
	_, err := tx.bound().exec(ctx, "DELETE FROM expected WHERE group_key = $1 AND iri = $2", int64(group), string(who))
	return err
}
