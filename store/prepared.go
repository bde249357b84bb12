package store

import (
	"context"
	"encoding/json"
)

// Prepare keeps what is going to be offered to a host, in the place of what was prepared
// before.
func (tx *Tx) Prepare(ctx context.Context, host string, proposal json.RawMessage) error {
	_, err := tx.db.NewRaw("INSERT INTO prepared (host, proposal, made_at) VALUES (?, ?, ?) ON CONFLICT (host) DO UPDATE SET proposal = EXCLUDED.proposal, made_at = EXCLUDED.made_at",
		host, string(proposal), tx.Now).Exec(ctx)
	return err
}

// Unprepare forgets what was prepared for a host, and says whether anything was.
func (tx *Tx) Unprepare(ctx context.Context, host string) (bool, error) {
	return changed(tx.db.NewRaw("DELETE FROM prepared WHERE host = ?", host).Exec(ctx))
}

// Prepared is what is going to be offered to each host ("": to all), by host.
func (q query) Prepared(ctx context.Context, host string) (map[string]json.RawMessage, error) {
	var rows []struct {
		Host     string
		Proposal json.RawMessage
	}
	err := q.db.NewRaw("SELECT host, proposal FROM prepared WHERE ? IN ('', host)", host).Scan(ctx, &rows)
	all := map[string]json.RawMessage{}
	for _, r := range rows {
		all[r.Host] = r.Proposal
	}
	return all, err
}
