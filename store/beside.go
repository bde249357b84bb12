package store

import (
	"context"

	"entente.example/entente/activity"
)

// Beside is what is shown beside the notes of a page.
type Beside struct {
	Actors  map[Key]Actor
	Tallies map[Key]ActorCounts
	Counts  map[Key]Counts
	Groups  map[Key]Group
	Asked   map[Key]Key         // the author of what is answered
	Boosts  map[Key]activity.ID // by the edge's key
}

// Wanted is what a page asks for. What it names twice is read once.
type Wanted struct{ Notes, People, Groups, Asked, Boosts []Key }

// Beside reads it for me, in one round trip, and in a second one whom it does not
// remember.
func (s *Store) Beside(ctx context.Context, me Key, w Wanted) (Beside, error) {
	b := Beside{Actors: map[Key]Actor{}, Tallies: map[Key]ActorCounts{}, Counts: map[Key]Counts{},
		Groups: map[Key]Group{}, Asked: map[Key]Key{}, Boosts: map[Key]activity.ID{}}
	var at []actorVersion
	asks := []ask{
		{actorVersions + "WHERE a.key = ANY ($1::bigint[])", []any{numbers(append(w.Groups[:len(w.Groups):len(w.Groups)], w.People...))}, func(scan func(...any) error) error {
			var v actorVersion
			err := scan(&v.Key, &v.Version)
			at = append(at, v)
			return err
		}},
		{actorCounts, []any{numbers(w.People)}, func(scan func(...any) error) error {
			var c ActorCounts
			err := scan(&c.Actor, &c.Notes, &c.LastNote, &c.Followers, &c.Following, &c.Unsigned, &c.Suspended)
			b.Tallies[c.Actor] = c
			return err
		}},
		{noteCounts, []any{int64(me), numbers(w.Notes)}, func(scan func(...any) error) error {
			var c Counts
			err := scan(c.columns()...)
			b.Counts[c.Note] = c.within()
			return err
		}},
	}
	if len(w.Groups) > 0 {
		asks = append(asks, ask{groupsByKey, []any{numbers(w.Groups)}, func(scan func(...any) error) error {
			var g Group
			err := scan(g.columns()...)
			b.Groups[g.Actor] = g
			return err
		}})
	}
	asks = append(asks, pairs(authors, w.Asked, b.Asked)...)
	asks = append(asks, pairs(edgeIRIs, w.Boosts, b.Boosts)...)
	if err := s.together(ctx, asks...); err != nil {
		return b, err
	}
	var err error
	b.Actors, err = s.actorsAt(ctx, at)
	return b, err
}

// pairs asks for one value of each of these rows; none is no question.
func pairs[V any](text string, keys []Key, into map[Key]V) []ask {
	if len(keys) == 0 {
		return nil
	}
	return []ask{{text, []any{numbers(keys)}, func(scan func(...any) error) error {
		var key Key
		var value V
		err := scan(&key, &value)
		into[key] = value
		return err
	}}}
}
