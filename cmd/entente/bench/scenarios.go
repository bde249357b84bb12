package bench

import "context"

// Scenario is something that can be measured.
type Scenario struct {
	Name, Says string
	run        func(context.Context, *run) error
}

// Scenarios are all of them, in the order of "all".
func Scenarios() []Scenario {
	return []Scenario{
		{"inbox", "signed posts of followed people come in, until they can be read at home", inbox},
		{"fan", "one post goes out to many hosts", fan},
		{"fan-partners", "the same to hosts that are Entente, too: Ed25519 by RFC 9421", fanPartners},
		{"fan-slow", "the same to hosts that answer after 100 ms, against those that do at once", fanSlow},
		{"fan-wide", "the same to 30,000 hosts, against 1,000", fanWide},
		{"fair", "does a post reach 50 good partners as soon when 50 others never answer?", fair},
		{"backlog", "a million deliveries wait for 10,000 hosts that are gone: does anybody notice?", backlog},
		{"follow", "people whom nobody here knows follow somebody", follow},
		{"post", "somebody with many followers here writes", post},
		{"timeline", "people read at home, where there is much to read", timeline},
		{"group", "a group of 20,000 people at 37 companies: they write, read, come and go", group},
		{"ingest-full", "inbox again, where much is stored already, against an empty database", ingestFull},
		{"idle", "memory of an instance that does nothing", idle},
		{"start", "time until an instance is ready", start},
	}
}

func find(name string) (Scenario, bool) {
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}
