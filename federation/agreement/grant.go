package agreement

import (
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Grant is what one side lets the people of the other do. The zero Grant lets nobody
// do anything.
type Grant struct {
	Words          []Word `json:"words"`
	People         People `json:"people"`                   // of the other side
	FileSize       int64  `json:"fileSize,omitempty"`       // bytes of one file; 0: no limit but the instance's
	PostsPerMinute int    `json:"postsPerMinute,omitempty"` // of them all together; 0: likewise
}

// Everything is all words for everyone: no narrowing.
func Everything() Grant { return Grant{Words: Words(), People: Everyone()} }

// Narrowest is what whoever is let in may do where nobody has said more: know our
// people, follow them, and answer.
func Narrowest() Grant {
	return Grant{Words: []Word{Profile, Follow, Mention, Comment, React}, People: Everyone()}
}

// Raw is the grant as JSON.
func (g Grant) Raw() json.RawMessage {
	raw, err := json.Marshal(g)
	if err != nil {
		return nil // words and ids always have a JSON form
	}
	return raw
}

// Has says whether a word is granted to anybody.
func (g Grant) Has(w Word) bool { return slices.Contains(g.Words, w) }

// Lets says whether somebody of the other side may do what a word names. who is "" for
// their instance itself, which asks for all its people: where some are named it does not get
// what is for those alone, since who of its people reads it is not known.
func (g Grant) Lets(w Word, who activity.ID) bool {
	if who == "" && (!w.isReading() || g.People.everyone) {
		return g.Has(w) && !g.People.isNobody()
	}
	return g.Has(w) && g.People.Includes(who)
}

// Canonical is the same grant with its words in order, none twice.
func (g Grant) Canonical() Grant {
	g.Words = append([]Word{}, sorted(g.Words)...)
	return g
}

// Is says whether JSON is of the same grant.
func (g Grant) Is(raw json.RawMessage) bool {
	var o Grant
	return json.Unmarshal(raw, &o) == nil && g.Within(o) && o.Within(g)
}

// IsEmpty says that it lets nobody do anything.
func (g Grant) IsEmpty() bool { return len(g.Words) == 0 || g.People.isNobody() }

// Meet is what both grants let, in canonical form.
func (g Grant) Meet(o Grant) Grant {
	return Grant{Words: common(g.Words, o.Words), People: g.People.meet(o.People),
		FileSize: least(g.FileSize, o.FileSize), PostsPerMinute: least(g.PostsPerMinute, o.PostsPerMinute)}
}

// Within says that the grant lets nothing that o does not.
func (g Grant) Within(o Grant) bool {
	return g.IsEmpty() || len(common(g.Words, o.Words)) == len(sorted(g.Words)) && g.People.within(o.People) &&
		isWithin(g.FileSize, o.FileSize) && isWithin(g.PostsPerMinute, o.PostsPerMinute)
}

// check says what is wrong with a grant that somebody has written.
func (g Grant) check() error {
	switch {
	case len(g.Words) > limits.GrantWords, len(g.People.ids) > limits.GrantPeople:
		return activity.Refuse(activity.TooLarge, "long_grant", "a grant has at most %d words and names at most %d people", limits.GrantWords, limits.GrantPeople)
	case g.FileSize < 0, g.PostsPerMinute < 0:
		return activity.Refuse(activity.Invalid, "bad_grant", "the limits of a grant are not negative")
	case slices.ContainsFunc(g.Words, func(w Word) bool { return w == "" || len(w) > limits.GrantWord }),
		slices.ContainsFunc(g.People.ids, func(id activity.ID) bool { return id == "" || len(id) > limits.ID }):
		return activity.Refuse(activity.Invalid, "bad_grant", "a grant names its words and people, each of them with few letters")
	}
	return nil
}

func isWithin[N int | int64](n, limit N) bool { return limit == 0 || n != 0 && n <= limit }

// least is the smaller of two limits, where 0 is none.
func least[N int | int64](a, b N) N {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

func sorted[T ~string](list []T) []T { return slices.Compact(slices.Sorted(slices.Values(list))) }

func common[T ~string](a, b []T) []T {
	return slices.DeleteFunc(sorted(a), func(x T) bool { return !slices.Contains(b, x) })
}

// People are everyone, or those named. The zero People are nobody.
type People struct {
	everyone bool
	ids      []activity.ID
}

const everyone = "everyone"

// Everyone is all people of a side, also those still to come.
func Everyone() People { return People{everyone: true} }

// These are the people named, by their actors' ids.
func These(ids ...activity.ID) People { return People{ids: sorted(ids)} }

// Includes says whether somebody is among them.
func (p People) Includes(who activity.ID) bool {
	return who != "" && (p.everyone || slices.Contains(p.ids, who))
}

// Named are those that are named; all is true where everyone is meant.
func (p People) Named() (ids []activity.ID, all bool) { return p.ids, p.everyone }

func (p People) isNobody() bool { return !p.everyone && len(p.ids) == 0 }

func (p People) meet(o People) People {
	switch {
	case p.everyone:
		return o
	case o.everyone:
		return p
	default:
		return These(common(p.ids, o.ids)...)
	}
}

func (p People) within(o People) bool {
	return o.everyone || !p.everyone && len(common(p.ids, o.ids)) == len(sorted(p.ids))
}

// MarshalJSON is "everyone" or a list of ids.
func (p People) MarshalJSON() ([]byte, error) {
	if p.everyone {
		return json.Marshal(everyone)
	}
	return json.Marshal(append([]activity.ID{}, p.ids...))
}

// UnmarshalJSON takes "everyone", or ids; anything else is nobody.
func (p *People) UnmarshalJSON(raw []byte) error {
	*p = People{}
	var word string
	if json.Unmarshal(raw, &word) == nil {
		p.everyone = word == everyone
		return nil
	}
	var ids []activity.ID
	if err := json.Unmarshal(raw, &ids); err != nil {
		return err
	}
	*p = These(ids...)
	return nil
}
