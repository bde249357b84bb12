package store

import "context"

// PutAnswer marks what answers a question, instead of what was marked before.
func (tx *Tx) PutAnswer(ctx context.Context, e Edge) error {
	if _, err := tx.db.NewRaw("DELETE FROM edges WHERE kind = ? AND actor = ? AND object <> ?", e.Kind, e.Actor, e.Object).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.PutEdge(ctx, e)
	return err
}

// AnswerTo is the key of the note that is marked as the answer to another, 0 for none.
func (q query) AnswerTo(ctx context.Context, question Key) (Key, error) {
	edges, err := q.EdgesFrom(ctx, Answer, question, Page{Limit: 1})
	if err != nil || len(edges) == 0 {
		return 0, err
	}
	return edges[0].Object, nil
}
