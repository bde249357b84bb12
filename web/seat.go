package web

import (
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// place is what a form offers a company in a group.
type place struct {
	Host, Note string
	Level      activity.Level // that it has; "": none
}

// Levels are those that it could have.
func (place) Levels() []activity.Level { return activity.Levels }

// Seat is the value for one of them.
func (p place) Seat(level activity.Level) activity.Seat {
	return activity.Seat{Host: p.Host, Level: level}
}

// places are those of all partners, and last of every other one.
func places(partners []store.Partner, seats []activity.Seat) []place {
	if len(partners) == 0 {
		return nil
	}
	var all []place
	for _, p := range append(slices.Clone(partners), store.Partner{Host: "*"}) {
		one := place{Host: p.Host, Note: p.Note}
		for _, s := range seats {
			if s.Host == p.Host {
				one.Level = s.Level
			}
		}
		all = append(all, one)
	}
	return all
}

// companies are those of a form that have been given a place.
func (v *visit) companies() []string {
	return slices.DeleteFunc(slices.Clone(v.PostForm["company"]), func(c string) bool { return c == "" })
}
