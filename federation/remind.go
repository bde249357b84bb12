package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// reminderAfter is how long after the one before the n-th reminder goes out.
func reminderAfter(n int) time.Duration {
	switch n {
	case 1:
		return time.Minute
	case 2:
		return 5 * time.Minute
	case 3:
		return 30 * time.Minute
	case 4:
		return 6 * time.Hour
	}
	return 24 * time.Hour
}

// remind parks the n-th repetition of a Follow or Join of ours that waits for its
// answer. The first answer is easily lost: Lemmy never sends what came before it
// knew us (interop §3.3).
func remind(ctx context.Context, tx *store.Tx, wish store.Fan, n int) error {
	if n > limits.Reminders {
		return nil
	}
	wish.Reminder = n
	payload, err := json.Marshal(wish)
	if err != nil {
		return err
	}
	return tx.Park(ctx, store.Parked{Job: fmt.Sprintf("remind-%s", wish.Activity), Kind: wish.Kind(), Payload: string(payload),
		DueAt: tx.Now.Add(reminderAfter(n)), Reason: "repeats the request, unless it is answered"})
}

// stillWished says whether the wish behind a reminder still waits for its answer,
// and if so parks the next reminder.
func (s *Service) stillWished(ctx context.Context, job store.Fan, id activity.ID) (bool, error) {
	e, ok, err := activity.Optional(s.db.EdgeByIRI(ctx, id))
	if err != nil || !ok || e.Accepted {
		return false, err
	}
	return true, s.db.InTx(ctx, func(tx *store.Tx) error { return remind(ctx, tx, job, job.Reminder+1) })
}
