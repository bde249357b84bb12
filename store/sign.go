package store

import (
	"context"
	"time"
)

// Sign is when a host was heard of last, and its longest silence lately. Host "" is all of
// them together: when nobody was heard, it was we who were away.
type Sign struct{ HeardAt, SilentFrom, SilentUntil time.Time }

// Anybody is all hosts together.
const Anybody = ""

// Heard notes a sign of life of hosts, now. A silence is kept until there is a longer one,
// or for a week (limits.BackFor).
func (s *Store) Heard(ctx context.Context, hosts []string, now time.Time) error {
	const isSilence = `EXCLUDED.heard_at > s.heard_at + interval '12 hours' AND (s.silent_until IS NULL
		OR EXCLUDED.heard_at - s.heard_at >= s.silent_until - s.silent_from OR s.silent_until < EXCLUDED.heard_at - interval '7 days')`
	_, err := s.bound().exec(ctx, `INSERT INTO signs AS s (host, heard_at) SELECT host, $2 FROM unnest($1::text[]) AS host ORDER BY host
		ON CONFLICT (host) DO UPDATE SET heard_at = EXCLUDED.heard_at, silent_from = CASE WHEN `+isSilence+` THEN s.heard_at ELSE s.silent_from END,
			silent_until = CASE WHEN `+isSilence+` THEN EXCLUDED.heard_at ELSE s.silent_until END
		WHERE EXCLUDED.heard_at > s.heard_at`, hosts, now)
	return err
}

// HostsWithHeirs are the hosts, as in ids, of groups elsewhere that have named a successor.
func (q query) HostsWithHeirs(ctx context.Context) (hosts []string, err error) {
	err = q.bound().each(ctx, "SELECT DISTINCT g.origin FROM successions AS s JOIN actors AS g ON g.key = s.group_key WHERE NOT g.local AND s.successor <> ''", nil, func(scan func(...any) error) error {
		var host string
		err := scan(&host)
		hosts = append(hosts, host)
		return err
	})
	return hosts, err
}

// Sign is what is known of a host, zero where it was never heard of.
func (q query) Sign(ctx context.Context, host string) (s Sign, err error) {
	var from, until *time.Time
	err = q.bound().each(ctx, "SELECT heard_at, silent_from, silent_until FROM signs WHERE host = $1", []any{host}, func(scan func(...any) error) error {
		return scan(&s.HeardAt, &from, &until)
	})
	if from != nil && until != nil {
		s.SilentFrom, s.SilentUntil = *from, *until
	}
	return s, err
}
