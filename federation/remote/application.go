package remote

import (
	"context"

	"entente.example/entente/activity"
)

// applicationRel leads from a host to its instance actor (FEP-2677).
const applicationRel = "https://www.w3.org/ns/activitystreams#Application"

// Application is the id of the instance actor of a host, which the host itself names
// beside its NodeInfo. NotFound, "no_application", where it names none of its own.
func (c *Client) Application(ctx context.Context, host string) (activity.ID, error) {
	return visit(ctx, c, host, func(ctx context.Context) (activity.ID, error) {
		raw, err := c.wellKnown(ctx, host, "/.well-known/nodeinfo")
		if err != nil {
			return "", err
		}
		d, err := readDescriptor(raw)
		if err != nil {
			return "", err
		}
		for _, l := range d.Links {
			if l.Rel == applicationRel && activity.ID(l.Href).Host() == host {
				return activity.ID(l.Href), nil
			}
		}
		return "", activity.Refuse(activity.NotFound, "no_application", "%s names no actor of its own", host)
	})
}
