package partnership

import (
	"context"
	"encoding/json"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// look is what the instance of a host that we know has shown of its keys, and when.
type look struct {
	at   time.Time
	keys []string // nil: it did not answer
}

// shows says whether an instance shows the key of a proof now: nil, else why. Anybody can
// write its name under anything, so it is asked once in KeyRefresh, by all of them
// together; who has a key that it did not show then is to come again (TooMany).
func (d *Desk) shows(ctx context.Context, id activity.ID, body json.RawMessage, why error) error {
	isNew := false
	v, _, _ := d.looking.Do(id.Host(), func() (any, error) {
		if seen, had := d.looks.Get(id.Host()); had && d.now().Sub(seen.at) < limits.KeyRefresh {
			return seen, nil
		}
		isNew = true
		o, _ := d.fetch(context.WithoutCancel(ctx), id) // no answer shows no key
		seen := look{d.now(), o.keys}
		d.looks.Put(id.Host(), seen)
		return seen, nil
	})
	seen, _ := v.(look)
	switch {
	case d.verify(body, id, seen.keys) == nil:
		return nil
	case isNew:
		return why
	default:
		wait := limits.KeyRefresh - d.now().Sub(seen.at)
		return activity.After(wait, activity.Refuse(activity.TooMany, "asked_lately", "this instance was asked for its keys lately, and none of them fits: try again in %s", wait.Round(time.Second)))
	}
}
