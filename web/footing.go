package web

import (
	"bytes"
	"context"
	"slices"
)

// On what footing a company is with ours is said wherever one of its people is named. Where that is,
// is known when the page is made: a name leaves the place for it, and all are filled with
// one question. NUL stands around it, which no text of anybody's can have.

// footingHere is the place for the footing of a host.
func footingHere(host string) string { return "\x00" + escaped(host) + "\x00" }

// stand fills the places of a page. Where the database cannot be asked (ask false) nothing is
// said.
func (w *Web) stand(ctx context.Context, b *book, page []byte, ask bool) ([]byte, error) {
	parts := bytes.Split(page, []byte{0})
	if len(parts) == 1 {
		return page, nil
	}
	var hosts []string
	for i := 1; i < len(parts); i += 2 {
		hosts = append(hosts, string(parts[i]))
	}
	marks := map[string]string{}
	if ask {
		slices.Sort(hosts)
		stand, err := w.db.Footings(ctx, slices.Compact(hosts))
		if err != nil {
			return nil, err
		}
		for host, s := range stand {
			marks[host] = b.footing(s.Unsigned, s.Suspended)
		}
	}
	for i := 1; i < len(parts); i += 2 {
		parts[i] = []byte(marks[string(parts[i])])
	}
	return bytes.Join(parts, nil), nil
}

// footing is what is said of a company beside its name.
func (b *book) footing(unsigned, suspended bool) (marks string) {
	if unsigned {
		marks += " <strong>" + escaped(b.say("badge.unsigned")) + "</strong>"
	}
	if suspended {
		marks += " <strong>" + escaped(b.say("badge.suspended")) + "</strong>"
	}
	return marks
}
