package partners

import (
	"context"
	"strconv"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/store"
)

// offer is what a request says of terms; what it leaves out stays as it was.
type offer struct {
	because
	LetsWords   []string `param:"lets[words]"`
	LetsPeople  []string `param:"lets[people]"`
	LetsSize    string   `param:"lets[file_size]"`
	LetsPosts   string   `param:"lets[posts_per_minute]"`
	TakesWords  []string `param:"takes[words]"`
	TakesPeople []string `param:"takes[people]"`
	TakesSize   string   `param:"takes[file_size]"`
	TakesPosts  string   `param:"takes[posts_per_minute]"`
	From        string   `param:"from"`
	Until       string   `param:"until"`
	AtEnd       string   `param:"data[atEnd]"`
	DeleteIn    string   `param:"data[deleteWithin]"`
	ExportFor   string   `param:"data[exportFor]"`
	TellIn      string   `param:"data[incidentWithin]"`
}

func (o offer) change() (c partnership.Change, err error) {
	c.Reason = o.Reason
	if c.Lets, err = grantChange(o.LetsWords, o.LetsPeople, o.LetsSize, o.LetsPosts); err != nil {
		return c, err
	}
	if c.Takes, err = grantChange(o.TakesWords, o.TakesPeople, o.TakesSize, o.TakesPosts); err != nil {
		return c, err
	}
	if c.From, err = moment(o.From); err == nil {
		c.Until, err = moment(o.Until)
	}
	if err == nil {
		c.Data, err = o.data()
	}
	return c, err
}

func (o offer) data() (c partnership.DataChange, err error) {
	c.AtEnd = o.AtEnd
	for _, number := range []struct {
		name, text string
		set        func(int)
	}{
		{"data[deleteWithin]", o.DeleteIn, func(n int) { c.DeleteWithin = n }},
		{"data[exportFor]", o.ExportFor, func(n int) { c.ExportFor = &n }},
		{"data[incidentWithin]", o.TellIn, func(n int) { c.TellWithin = n }},
	} {
		if number.text == "" {
			continue
		}
		n, err := strconv.Atoi(number.text)
		if err != nil {
			return c, badParameter(number.name, err)
		}
		number.set(n)
	}
	return c, nil
}

func grantChange(words, people []string, size, posts string) (c partnership.GrantChange, err error) {
	if c.Words, err = agreement.ReadWords(words); err != nil {
		return c, err
	}
	if len(people) > 0 {
		of := agreement.Everyone()
		if people[0] != "everyone" {
			ids := make([]activity.ID, len(people))
			for n, text := range people {
				ids[n] = activity.ID(text)
			}
			of = agreement.These(ids...)
		}
		c.People = &of
	}
	if size != "" {
		n, err := strconv.ParseInt(size, 10, 64)
		if err != nil {
			return c, badParameter("file_size", err)
		}
		c.FileSize = &n
	}
	if posts != "" {
		n, err := strconv.Atoi(posts)
		if err != nil {
			return c, badParameter("posts_per_minute", err)
		}
		c.PostsPerMinute = &n
	}
	return c, nil
}

func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		err = badParameter("from or until", err)
	}
	return at, err
}

func badParameter(name string, why error) error {
	return activity.Because(activity.Invalid, "bad_parameter", why, "the parameter "+name+" cannot be read")
}

// proposal is an offer that may be a draft.
type proposal struct {
	offer
	Draft bool `param:"draft"`
}

func (a *API) propose(ctx context.Context, me store.Viewer, in proposal) (partnership.Standing, error) {
	return a.say(ctx, me, in.offer, func(ctx context.Context, host string, c partnership.Change) error {
		if in.Draft {
			return a.desk.Draft(ctx, host, c.On)
		}
		return a.desk.ProposeBy(ctx, host, c.On)
	})
}

func (a *API) counter(ctx context.Context, me store.Viewer, in offer) (partnership.Standing, error) {
	return a.say(ctx, me, in, func(ctx context.Context, host string, c partnership.Change) error {
		return a.desk.Counter(ctx, host, c.On)
	})
}

func (a *API) narrow(ctx context.Context, me store.Viewer, in offer) (partnership.Standing, error) {
	return a.say(ctx, me, in, func(ctx context.Context, host string, c partnership.Change) error {
		return a.desk.NarrowBy(ctx, host, c.On)
	})
}

// say is act with what a request says of terms.
func (a *API) say(ctx context.Context, me store.Viewer, in offer, do func(context.Context, string, partnership.Change) error) (partnership.Standing, error) {
	c, err := in.change()
	if err != nil {
		return partnership.Standing{}, err
	}
	return a.act(ctx, me, in.about, func(ctx context.Context, host string) error { return do(ctx, host, c) })
}
