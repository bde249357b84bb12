package activity

import (
	"encoding/json"
	"slices"
	"strings"

	"entente.example/entente/activity/limits"
)

// Level is what the people of a company may do in a group.
type Level string

// The levels; each lets them do what those before it do.
const (
	Reads    Level = "read"
	Comments Level = "comment" // and react, and vote
	Posts    Level = "post"
	Invites  Level = "invite" // where the group lets its members
)

// Levels are all of them, the lowest first.
var Levels = []Level{Reads, Comments, Posts, Invites}

// Has says that a level is no lower than another. "" is lower than all.
func (l Level) Has(other Level) bool { return slices.Index(Levels, l) >= slices.Index(Levels, other) }

// Seat is the place of a company in a group, as the group's document has it.
type Seat struct {
	Host  string `json:"host"` // "*": every partner that has no other
	Level Level  `json:"level"`
}

// ReadSeat takes one as people write it, "globex.example=read"; a host alone has the highest
// level. A level that there is not is Invalid, "bad_level".
func ReadSeat(s string) (Seat, error) {
	host, level, has := strings.Cut(strings.TrimSpace(s), "=")
	seat := Seat{host, Level(level)}
	if !has {
		seat.Level = Invites
	}
	if !slices.Contains(Levels, seat.Level) {
		return seat, Refuse(Invalid, "bad_level", "a company may read, comment, post or invite in a group, written as company.example=read")
	}
	return seat, nil
}

// String is a seat as it is written.
func (s Seat) String() string {
	if s.Level == Invites {
		return s.Host
	}
	return s.Host + "=" + string(s.Level)
}

// Seats are the companies that take part in a group, besides that of its host.
type Seats []Seat

// UnmarshalJSON takes what List takes. More than limits.Companies are none: a part of them
// would say of the others that they have no place.
func (s *Seats) UnmarshalJSON(b []byte) error {
	*s = nil
	tried := 0
	eachValue(b, func(v json.RawMessage) bool {
		var seat Seat
		if json.Unmarshal(v, &seat) == nil {
			*s = append(*s, seat)
		}
		tried++
		return tried <= limits.Companies
	})
	if tried > limits.Companies {
		*s = nil
	}
	return nil
}

// Level is that of a company, known by one of these hosts: that in the handles of its
// people, or that of their ids. The lowest counts where it has several, "*" where it has
// none, and where there is no "*" it is "": it has no place in the group.
func (s Seats) Level(hosts ...string) (level Level) {
	var others Level
	for _, seat := range s {
		switch {
		case seat.Host == "*":
			others = seat.Level
		case slices.Contains(hosts, seat.Host) && (level == "" || level.Has(seat.Level)):
			level = seat.Level
		}
	}
	if level == "" {
		level = others
	}
	return level
}

// seats are the companies of a group that its document may say: each once, with a level that
// there is.
func (a Actor) seats() (seats Seats) {
	if a.Type != "Group" {
		return nil
	}
	for _, s := range a.Companies {
		if s.Host != "*" {
			host, _ := CleanHost(s.Host)
			s.Host = ID("https://" + host).Host()
		}
		if s.Host != "" && slices.Contains(Levels, s.Level) && !slices.ContainsFunc(seats, func(before Seat) bool { return before.Host == s.Host }) {
			seats = append(seats, s)
		}
	}
	return seats
}
