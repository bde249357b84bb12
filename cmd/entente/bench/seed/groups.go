package seed

import (
	"slices"
	"strconv"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// meet puts each of ours into some groups, which are all as large and have nobody else.
func (p *Plan) meet() {
	for m := range p.Members {
		groups := memberGroups
		if m == 0 {
			groups = ReaderGroups
		}
		first := UpTo(p.Groups, m, 2)
		for i := range min(groups, p.Groups) {
			g := (first + i) % p.Groups
			p.inGroup[g] = append(p.inGroup[g], m)
		}
	}
}

// mingle fills groups with people of all companies: the n-th has an n-th of the people of
// the largest. A fifth of them are other companies' people. The first of ours owns the
// first groups.
func (p *Plan) mingle() {
	others := p.Accounts - p.Members - p.Groups
	for g := range p.Groups {
		people := max(p.Largest/(g+1), 3)
		theirs := people / 5
		if g < ReaderGroups {
			p.inGroup[g] = append(p.inGroup[g], 0)
		}
		for i := 0; len(p.inGroup[g]) < people-theirs; i++ {
			if m := scattered(p.Members, g, i); m > 0 || g >= ReaderGroups {
				p.inGroup[g] = append(p.inGroup[g], m)
			}
		}
		for i := range theirs {
			p.inGroup[g] = append(p.inGroup[g], p.Members+p.Groups+scattered(others, g, i))
		}
	}
}

// scattered is the i-th of those under limit in an order of group g: each is there once,
// and neighbours are far from each other.
func scattered(limit, g, i int) int {
	step := 7919
	if limit%step == 0 {
		step = 7907
	}
	return (UpTo(limit, g, 2) + i*step) % limit
}

// skewed is a number from 0 to under limit; the smaller ones are much more common.
func skewed(limit, n int, salt uint64) int {
	u := UpTo(1<<20, n, salt)
	return int(int64(limit) * int64(u) * int64(u) >> 40)
}

// groupOf is the group of a thread that begins with a post, -1 for none. In large groups
// more is written.
func (p *Plan) groupOf(root int) int {
	switch {
	case roll(root, 8)%20 != 0:
		return -1
	case p.Partners > 0:
		return skewed(p.Groups, root, 9)
	}
	return UpTo(p.Groups, root, 9)
}

// closed says whether a group is for its members only: every fourth is, where there are
// several companies.
func (p *Plan) closed(g int) bool { return p.Partners > 0 && g%4 == 3 }

// group is one that lives here: for every company, or for those whose people are in it.
func (p *Plan) group(g int) store.Group {
	made := store.Group{Actor: p.Keys[p.Members+g], Access: activity.AccessOpen, Companies: []string{"*"}}
	if p.Partners == 0 {
		return made
	}
	if p.closed(g) {
		made.Access = activity.AccessClosed
	}
	made.Companies = []string{}
	for _, m := range p.inGroup[g] {
		if m >= p.Members && !slices.Contains(made.Companies, p.host(m)) {
			made.Companies = append(made.Companies, p.host(m))
		}
	}
	return made
}

// fond is who likes a post, number j: of a group, somebody in it.
func (p *Plan) fond(t planned, j int) int {
	if p.Partners > 0 && t.group >= 0 {
		in := p.inGroup[t.group]
		return in[(UpTo(len(in), t.n, 15)+j)%len(in)]
	}
	return p.person((UpTo(p.Accounts-p.Groups, t.n, 15) + j*7919) % (p.Accounts - p.Groups))
}

// names of the partners of a data set that is for no instance in particular.
func partnerNames(n int) []string {
	var names []string
	for i := range n {
		names = append(names, "n"+strconv.Itoa(i)+".localhost")
	}
	return names
}

// Ours are those of our people who are in a group.
func (p *Plan) Ours(group int) []store.Key {
	var keys []store.Key
	for _, m := range p.inGroup[group] {
		if m < p.Members {
			keys = append(keys, p.Keys[m])
		}
	}
	return keys
}
