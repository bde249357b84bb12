package store

import (
	"context"

	"entente.example/entente/activity"
)

// PutVote writes that somebody has chosen an answer of a poll, and reports whether
// that is new. Where only one may be chosen the first counts.
func (tx *Tx) PutVote(ctx context.Context, poll Note, voter Key, option int) (bool, error) {
	return changed(tx.db.NewRaw(`INSERT INTO votes (note, voter, option, created_at)
		SELECT ?0, ?1, ?2, ?3 WHERE ?4 OR NOT EXISTS (SELECT FROM votes WHERE note = ?0 AND voter = ?1)
		ON CONFLICT DO NOTHING`, poll.Key, voter, option, tx.Now, poll.IsMultiple()).Exec(ctx))
}

// OwnVotes are the answers that somebody has chosen in these polls, by poll.
func (q query) OwnVotes(ctx context.Context, voter Key, polls ...Key) (map[Key][]int, error) {
	found := map[Key][]int{}
	if len(polls) == 0 || voter == 0 {
		return found, nil
	}
	var rows []struct {
		Note   Key
		Option int
	}
	err := q.list(ctx, &rows, "SELECT note, option FROM votes WHERE voter = $1 AND note = ANY ($2::bigint[]) ORDER BY option", int64(voter), numbers(polls))
	for _, r := range rows {
		found[r.Note] = append(found[r.Note], r.Option)
	}
	return found, err
}

// LocalVoters are our own people who have voted in a poll.
func (q query) LocalVoters(ctx context.Context, poll Key) ([]Key, error) {
	var keys []Key
	err := q.db.NewRaw("SELECT DISTINCT v.voter FROM votes AS v JOIN members AS m ON m.actor = v.voter WHERE v.note = ?", poll).Scan(ctx, &keys)
	return keys, err
}

// Counted is a poll of ours with the votes that were taken: in its document are
// those of the last count.
func (tx *Tx) Counted(ctx context.Context, poll Note) (Note, error) {
	var rows []struct {
		Option int
		Votes  activity.Count
	}
	if err := tx.db.NewRaw("SELECT option, count(*) AS votes FROM votes WHERE note = ? GROUP BY option", poll.Key).Scan(ctx, &rows); err != nil {
		return poll, err
	}
	for i := range poll.Options() {
		poll.Options()[i].Replies = activity.Tally{Type: "Collection"}
	}
	for _, r := range rows {
		if r.Option < len(poll.Options()) {
			poll.Options()[r.Option].Replies.Total = r.Votes
		}
	}
	return poll, tx.db.NewRaw("SELECT count(DISTINCT voter) FROM votes WHERE note = ?", poll.Key).Scan(ctx, &poll.Voters)
}

// PutTally replaces the document of a poll by one in which only the votes are others.
func (tx *Tx) PutTally(ctx context.Context, poll Note) error {
	row, err := newNoteRow(poll)
	if err != nil {
		return err
	}
	_, err = tx.db.NewUpdate().Model(&row).Column("doc").WherePK().Exec(ctx)
	return err
}

// ForgetVotes removes all votes in a poll: it asks something else now.
func (tx *Tx) ForgetVotes(ctx context.Context, poll Key) error {
	_, err := tx.db.NewRaw("DELETE FROM votes WHERE note = ?", poll).Exec(ctx)
	return err
}
