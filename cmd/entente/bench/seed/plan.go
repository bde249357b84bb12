package seed

import (
	"math/bits"
	"slices"
	"strconv"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Plan is a data set: everything in it follows from the number of an account or post.
// Accounts are ours first, then the groups, then the others.
type Plan struct {
	Size
	house     federation.House
	public    string // the key of all people of ours, who sign nothing
	pem       string
	rsa       string          // the key of all others
	followers map[int][]int   // by account: our people who follow it
	inGroup   map[int][]int   // by group, from 0: the people in it
	follows   map[[2]int]bool // one of ours, account
	Keys      []store.Key     // of the accounts
	Hosts     []string        // of the partners
}

// The first post is of this time, the last one of 300 days later.
const (
	firstPost = 1735689600000 // 2025-01-01T00:00:00Z in milliseconds
	span      = 300 * 24 * 3600 * 1000
)

// roll is a number that depends on two others and looks like chance (SplitMix64).
func roll(n int, salt uint64) uint64 {
	z := uint64(n)*0x9e3779b97f4a7c15 + salt*0xd1342543de82ef95 + 0x632be59bd9b4e019
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// UpTo is a number from 0 to under limit.
func UpTo(limit, n int, salt uint64) int {
	hi, _ := bits.Mul64(roll(n, salt), uint64(limit))
	return int(hi)
}

// New plans a data set; the partners have these hosts, if any are given.
func New(s Size, house federation.House, hosts ...string) *Plan {
	p := &Plan{Size: s, house: house, followers: map[int][]int{}, inGroup: map[int][]int{}, follows: map[[2]int]bool{}}
	if p.Hosts = hosts; len(hosts) == 0 {
		p.Hosts = partnerNames(s.Partners)
	}
	p.Keys = make([]store.Key, s.Accounts)
	for n := range p.Keys {
		p.Keys[n] = store.Key((firstPost - 24*3600*1000 + n) << 16)
	}
	for m := range s.Members {
		count := s.Follows
		if m == 0 {
			count = ReaderFollows
		}
		for i := range min(count, s.Accounts-s.Groups-1) {
			p.follow(m, p.person(UpTo(s.Accounts-s.Groups, m*10_000+i, 1)))
		}
	}
	if s.Partners > 0 {
		p.mingle()
	} else {
		p.meet()
	}
	return p
}

// person is one of those who are no group, by number.
func (p *Plan) person(n int) int {
	if n >= p.Members {
		n += p.Groups
	}
	return n
}

func (p *Plan) follow(member, whom int) {
	if at := [2]int{member, whom}; member != whom && !p.follows[at] {
		p.follows[at] = true
		p.followers[whom] = append(p.followers[whom], member)
	}
}

// post is what is known of post number n.
type planned struct {
	n, author   int
	replyTo     int // -1: answers nothing
	root        int // the first of its thread
	group       int // -1: in none
	visibility  activity.Visibility
	key, thread store.Key
}

func (p *Plan) KeyOf(post int) store.Key {
	return store.Key((firstPost+post*(span/p.Posts))<<16 | post&0x7fff)
}

// author of a post: some write much, most write little; in a group it is somebody in it.
func (p *Plan) author(post int) int {
	if g := p.groupOf(p.root(post)); g >= 0 && p.Partners > 0 {
		return p.inGroup[g][UpTo(len(p.inGroup[g]), post, 4)]
	}
	people := p.Accounts - p.Groups
	if roll(post, 3)%10 == 0 {
		return UpTo(p.Members, post, 4)
	}
	u := UpTo(1<<20, post, 5)
	return p.person(p.Members + int(int64(people-p.Members)*int64(u)*int64(u)>>40))
}

// parent is the post that one answers, a recent one, or -1.
func (p *Plan) parent(post int) int {
	if roll(post, 6)%4 != 0 || post == 0 {
		return -1
	}
	return post - 1 - UpTo(min(post, 1000), post, 7)
}

// root is the first post of the thread of one.
func (p *Plan) root(post int) int {
	for up := post; up >= 0; up = p.parent(up) {
		post = up
	}
	return post
}

func (p *Plan) at(n int) planned {
	t := planned{n: n, author: p.author(n), replyTo: p.parent(n), root: p.root(n), key: p.KeyOf(n), visibility: activity.VisiblePublic}
	t.group = p.groupOf(t.root)
	switch v := roll(n, 10) % 20; {
	case t.group >= 0 && p.closed(t.group):
		t.visibility = activity.VisibleFollowers
	case t.group >= 0:
	case v == 0:
		t.visibility = activity.VisibleFollowers
	case v < 4:
		t.visibility = activity.VisibleUnlisted
	}
	t.thread = p.KeyOf(t.root)
	return t
}

// readers are those of ours who have a post at home.
func (p *Plan) readers(t planned) []int {
	var all []int
	if t.author < p.Members {
		all = append(all, t.author)
	}
	if t.group >= 0 {
		for _, m := range p.inGroup[t.group] {
			if m != t.author && m < p.Members {
				all = append(all, m)
			}
		}
		return all
	}
	for _, m := range p.followers[t.author] {
		if t.replyTo >= 0 {
			if to := p.author(t.replyTo); to != m && to != t.author && !p.follows[[2]int{m, to}] {
				continue
			}
		}
		all = append(all, m)
	}
	return all
}

// booster is who has boosted a post, -1 for nobody.
func (p *Plan) booster(t planned) int {
	if t.group >= 0 || t.visibility != activity.VisiblePublic || roll(t.n, 11)%20 != 0 {
		return -1
	}
	return p.author(t.n + p.Posts) // who writes much boosts much
}

// edgeKey is of what came of a post, number j.
func edgeKey(t planned, j int) store.Key {
	return t.key&^0xffff + store.Key((1+j)<<16|0x8000|t.n&0x7fff)
}

// edges are all follows, memberships with who owns each group, likes and boosts.
func (p *Plan) edges(yield func(store.Edge) bool) {
	number := 0
	social := func(kind string, actor, object int) bool {
		number++
		key := store.Key((firstPost-3600*1000)<<16) + store.Key(number<<6)
		return yield(store.Edge{Key: key, Kind: kind, Actor: p.Keys[actor], Object: p.Keys[object], Accepted: true})
	}
	for _, whom := range sortedKeys(p.followers) {
		for _, m := range p.followers[whom] {
			if !social(store.Follow, m, whom) {
				return
			}
		}
	}
	for _, g := range sortedKeys(p.inGroup) {
		for i, m := range p.inGroup[g] {
			if !social(store.Membership, m, p.Members+g) || i == 0 && (!social(store.Moderator, m, p.Members+g) || !social(store.Owner, m, p.Members+g)) {
				return
			}
		}
	}
	others := p.Accounts - p.Members - p.Groups
	for m := range p.Members { // and each of ours is followed by some others
		for i := range min(20, others, max(2, 200_000/p.Members)) {
			if !social(store.Follow, p.Members+p.Groups+(UpTo(others, m, 12)+i)%others, m) {
				return
			}
		}
	}
	p.reactions(yield)
}

// reactions are likes and boosts: every third post has been liked, by up to three.
func (p *Plan) reactions(yield func(store.Edge) bool) {
	for n := range p.Posts {
		t := p.at(n)
		if roll(n, 13)%3 == 0 {
			for j := range 1 + UpTo(3, n, 14) {
				by := p.fond(t, j)
				if !yield(store.Edge{Key: edgeKey(t, j), Kind: store.Like, Actor: p.Keys[by], Object: t.key, Accepted: true}) {
					return
				}
			}
		}
		if by := p.booster(t); by >= 0 && !yield(store.Edge{Key: edgeKey(t, 9), Kind: store.Boost, Actor: p.Keys[by], Object: t.key, Accepted: true}) {
			return
		}
	}
}

// lines are what everybody of ours has at home. With partners they have come when a tenth
// of the posts was still to be written.
func (p *Plan) lines(yield func(store.HomeLine) bool) {
	first := 0
	if p.Partners > 0 {
		first = p.Posts - p.Posts/10
	}
	for n := first; n < p.Posts; n++ {
		t := p.at(n)
		readers := p.readers(t)
		for _, m := range readers {
			if !yield(store.HomeLine{Reader: p.Keys[m], Key: t.key, Note: t.key}) {
				return
			}
		}
		by := p.booster(t)
		if by < 0 {
			continue
		}
		for _, m := range p.followers[by] {
			if !slices.Contains(readers, m) && !yield(store.HomeLine{Reader: p.Keys[m], Key: edgeKey(t, 9), Note: t.key, Booster: p.Keys[by]}) {
				return
			}
		}
	}
}

func sortedKeys(m map[int][]int) []int {
	var keys []int
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// name of an account.
func (p *Plan) name(n int) string {
	switch {
	case n < p.Members:
		return "m" + strconv.Itoa(n)
	case n < p.Members+p.Groups:
		return "g" + strconv.Itoa(n-p.Members)
	}
	return "u" + strconv.Itoa(n)
}
