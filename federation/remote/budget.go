package remote

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// budget is the key of a context for how many requests may still be sent under it.
type budget struct{}

// Within gives a context under which at most *left requests are sent. Each lowers it,
// whatever comes of it: every hop of a redirect, every knock, every question to
// WebFinger, since that is what the other side has to answer. All calls under the
// context must be of one goroutine at a time. What is asked for beyond is refused with
// Spent.
func Within(ctx context.Context, left *int) context.Context {
	return context.WithValue(ctx, budget{}, left)
}

// Spent is the refusal of who may send no more requests: TooLarge, "budget_spent".
func Spent() error {
	return activity.Refuse(activity.TooLarge, "budget_spent", "one activity may cost %d requests", limits.Fetches)
}

// spend takes one request from the budget of a context that has one.
func spend(ctx context.Context) error {
	left, limited := ctx.Value(budget{}).(*int)
	if !limited {
		return nil
	}
	if *left <= 0 {
		return Spent()
	}
	*left--
	return nil
}
