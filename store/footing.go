package store

import "context"

// Footing is what people are told about another company wherever they see one of its people.
type Footing struct {
	Unsigned  bool // it has signed no agreement with us
	Suspended bool // the agreement stands still
}

// Footings are those of hosts, partners or not.
func (q query) Footings(ctx context.Context, hosts []string) (map[string]Footing, error) {
	all := map[string]Footing{}
	err := q.bound().each(ctx, `SELECT h.host, coalesce(p.agreement, '') = '', coalesce(p.suspended, false)
		FROM unnest($1::text[]) AS h (host) LEFT JOIN partners AS p ON p.host = h.host`, []any{hosts}, func(scan func(...any) error) error {
		var host string
		var s Footing
		err := scan(&host, &s.Unsigned, &s.Suspended)
		all[host] = s
		return err
	})
	return all, err
}
