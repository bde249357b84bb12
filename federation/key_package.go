package federation

import (
	"context"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// isKeyPackage: it is about the keys of the actor. The server only knows which
// there are, and never looks into one.
func (d *Deed) isKeyPackage() bool {
	return d.Head.Target.ID != "" && d.Actor.KeyPackages.ID == d.Head.Target.ID
}

func (d *Deed) mayKeyPackage(ctx context.Context) error {
	id := d.Head.Object.ID
	keys, err := d.Tx.KeyPackages(ctx, d.Actor.Key)
	if err == nil && d.Head.Type == "Add" && len(keys) >= limits.KeyPackages && !slices.Contains(keys, id) {
		err = activity.Refuse(activity.Denied, "many_keys", "an actor has at most %d key packages", limits.KeyPackages)
	}
	return err
}
