package store

import (
	"context"
	"fmt"
)

// Footprint is how many actors, notes, edges, notifications, votes and reactions there are: for
// tests that show that something had no effect, and for support.
func (q query) Footprint(ctx context.Context) (string, error) {
	var actors, notes, edges, notifications, votes, reactions int
	err := q.db.NewRaw(`SELECT (SELECT count(*) FROM actors WHERE local), (SELECT count(*) FROM notes), (SELECT count(*) FROM edges),
		(SELECT count(*) FROM notifications), (SELECT count(*) FROM votes), (SELECT count(*) FROM reactions)`).Scan(ctx, &actors, &notes, &edges, &notifications, &votes, &reactions)
	return fmt.Sprintf("%d local actors, %d notes, %d edges, %d notifications, %d votes, %d reactions", actors, notes, edges, notifications, votes, reactions), err
}
