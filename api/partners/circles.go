package partners

import (
	"context"
	"encoding/json"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/api"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/store"
)

// circle is a list of organisations that this instance subscribes to.
type circle struct {
	Name          string      `json:"name"`
	URL           string      `json:"url"`
	Signer        activity.ID `json:"signer"`
	Key           string      `json:"key"` // Multikey, pinned
	SubscribedAt  time.Time   `json:"subscribed_at"`
	Organisations []suggested `json:"organisations,omitempty"`
}

// suggested is an organisation of a list, with what the list suggests to propose.
type suggested struct {
	Host  string          `json:"host"`
	Name  string          `json:"name"`
	Lets  agreement.Grant `json:"lets"`
	Takes agreement.Grant `json:"takes"`
}

func newCircle(c store.TrustCircle) circle {
	return circle{Name: c.Name, URL: c.URL, Signer: c.Signer, Key: c.Key, SubscribedAt: c.SubscribedAt}
}

// named is a request that names a list, by its name or its address.
type named struct {
	Name string `path:"name"`
}

func (a *API) circles(ctx context.Context, _ store.Viewer, _ api.None) ([]circle, error) {
	all, err := a.engine.Store().TrustCircles(ctx)
	shown := make([]circle, 0, len(all))
	for _, c := range all {
		shown = append(shown, newCircle(c))
	}
	return shown, err
}

func (a *API) subscribe(ctx context.Context, me store.Viewer, in struct {
	URL string `param:"url"`
}) (circle, error) {
	c, err := a.desk.SubscribeCircle(store.By(ctx, a.engine.Handle(me.Actor)), in.URL)
	return newCircle(c), err
}

// read is a list as it is now, and as it was subscribed to.
func (a *API) read(ctx context.Context, name string) (c partnership.Circle, kept store.TrustCircle, err error) {
	if kept, err = a.desk.FindCircle(ctx, name); err == nil {
		c, err = a.desk.Circle(ctx, kept)
	}
	return c, kept, err
}

func (a *API) circle(ctx context.Context, _ store.Viewer, in named) (circle, error) {
	now, kept, err := a.read(ctx, in.Name)
	shown := newCircle(kept)
	for _, o := range now.Organisations {
		p := o.Proposal()
		shown.Organisations = append(shown.Organisations, suggested{o.Host, o.Name, p.Lets.Canonical(), p.Takes.Canonical()})
	}
	return shown, err
}

// importing says to whom what a list suggests is offered.
type importing struct {
	named
	Hosts []string `param:"hosts"`
}

// imports offers agreements; it answers how things stand with each.
func (a *API) imports(ctx context.Context, me store.Viewer, in importing) ([]partnership.Standing, error) {
	c, _, err := a.read(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	chosen, err := c.Choose(in.Hosts)
	list := []partnership.Standing{}
	for _, o := range chosen {
		s, err := a.act(ctx, me, about{o.Host}, func(ctx context.Context, host string) error { return a.desk.Propose(ctx, host, o.Proposal()) })
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, err
}

func (a *API) unsubscribe(ctx context.Context, me store.Viewer, in named) (circle, error) {
	kept, err := a.desk.FindCircle(ctx, in.Name)
	if err == nil {
		err = a.desk.UnsubscribeCircle(store.By(ctx, a.engine.Handle(me.Actor)), kept)
	}
	return newCircle(kept), err
}

// publish signs a list, given as JSON text.
func (a *API) publish(ctx context.Context, _ store.Viewer, in struct {
	List string `param:"list"`
}) (json.RawMessage, error) {
	return a.desk.PublishCircle(ctx, json.RawMessage(in.List))
}

// fenced are the hosts of the agreements that stand still until the other side has
// answered.
type fenced struct {
	Hosts []string `json:"hosts"`
}

func (a *API) fence(ctx context.Context, me store.Viewer, _ api.None) (fenced, error) {
	hosts, err := a.desk.Fence(store.By(ctx, a.engine.Handle(me.Actor)), nil)
	return fenced{append([]string{}, hosts...)}, err
}
