// Package seed makes a large data set: people, groups, follows, posts, and what
// everybody has at home. All of it follows from a few numbers, so that two runs
// measure the same.
//
//	seed.go    how large it is, and how it is written
//	groups.go  who is in which group
//	plan.go    who follows whom, who writes what, and what that leads to
//	people.go  the documents
package seed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// Size is how large a data set is. It is a pure function of these numbers: the same
// ones give the same people, posts and follows with the same ids at the same times.
type Size struct {
	Accounts int // people, ours and others', and groups
	Members  int // of which ours
	Groups   int // of which groups, which live here
	Posts    int // by all of them
	Follows  int // by each of ours; the first has ReaderFollows
	Partners int // companies that all others are of, and share groups with; 0: groups are ours alone
	Largest  int // people in the largest group, if there are partners
}

// The first of ours is the one who reads.
const (
	ReaderFollows = 500
	ReaderGroups  = 50
	memberGroups  = 10
)

// Small is what there is to read in a few seconds, Full what the figures are about.
func Small() Size {
	return Size{Accounts: 20_000, Members: 500, Groups: 200, Posts: 200_000, Follows: 100}
}

// Full is the data set that the targets name.
func Full() Size {
	return Size{Accounts: 450_000, Members: 1_000, Groups: 1_000, Posts: 10_000_000, Follows: 200}
}

// Company is a large one that shares groups with 36 others.
func Company() Size {
	return Size{Members: 100_000, Groups: 1_000, Posts: 1_000_000, Partners: 36}.Usual()
}

// Usual fills in what is not said: 20,000 people elsewhere, a million follows at most, and
// a fifth of ours as many as are in the largest group.
func (s Size) Usual() Size {
	s.Accounts = cmp.Or(s.Accounts, s.Members+s.Groups+20_000)
	s.Follows = cmp.Or(s.Follows, min(100, 1_000_000/max(s.Members, 1)))
	s.Largest = cmp.Or(s.Largest, s.Members/5)
	return s
}

func (s Size) check() error {
	switch {
	case s.Members < 1 || s.Groups < 1 || s.Posts < 1 || s.Follows < 0:
		return errors.New("a data set has at least one member, one group and one post")
	case s.Accounts < s.Members+s.Groups+10:
		return fmt.Errorf("%d accounts are too few for %d members, %d groups and ten others", s.Accounts, s.Members, s.Groups)
	case s.Partners < 0 || s.Partners > 1000 || s.Largest > s.Members || s.Largest/5 > s.Accounts-s.Members-s.Groups:
		return errors.New("a data set has at most 1,000 partners, and in its largest group at most as many people as there are members, and five times as many as there are others")
	case s.Accounts > 5_000_000 || s.Posts > 50_000_000 || s.Follows > 5_000:
		return errors.New("a data set has at most 5,000,000 accounts, 50,000,000 posts and 5,000 follows by each member")
	}
	return nil
}

// load writes all of it.
func (p *Plan) load(ctx context.Context, db *store.Store, say func(string, ...any)) error {
	steps := []struct {
		what string
		do   func(*store.Bulk) error
	}{
		{"accounts", func(b *store.Bulk) error { return p.loadAccounts(ctx, b) }},
		{"posts", func(b *store.Bulk) error { return b.Notes(ctx, told(p.notes, "posts", say)) }},
		{"follows, likes and boosts", func(b *store.Bulk) error { return b.Edges(ctx, p.edges) }},
		{"timelines", func(b *store.Bulk) error { return b.Lines(ctx, told(p.lines, "lines", say)) }},
	}
	err := db.InBulk(ctx, true, func(b *store.Bulk) error {
		for _, s := range steps {
			if err := s.do(b); err != nil {
				return fmt.Errorf("%s: %w", s.what, err)
			}
			say("%s are there", s.what)
		}
		return nil
	})
	if err != nil {
		return err
	}
	say("indexes are there")
	return db.Refresh(ctx)
}

// told is rows, which says how many there are after each million.
func told[T any](rows iter.Seq[T], what string, say func(string, ...any)) iter.Seq[T] {
	return func(yield func(T) bool) {
		n := 0
		for row := range rows {
			if !yield(row) {
				return
			}
			if n++; n%1_000_000 == 0 {
				say("%d million %s", n/1_000_000, what)
			}
		}
	}
}

// Fill writes a data set into an empty database on this machine: any other is refused.
// The program makes the rest, such as its own actor, when it starts.
func Fill(ctx context.Context, address string, house federation.House, s Size, progress io.Writer) error {
	if err := s.check(); err != nil {
		return err
	}
	if err := OnlyHere(address); err != nil {
		return err
	}
	db, err := store.Open(address)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Migrate(ctx); err != nil {
		return err
	}
	if empty, err := db.IsEmpty(ctx); err != nil {
		return err
	} else if !empty {
		return errors.New("this database is not empty: a data set is only written into a new one")
	}
	err = db.InTx(ctx, func(tx *store.Tx) error {
		return tx.ClaimInstance(ctx, store.Instance{Host: house.Host, URL: house.URL})
	})
	if err != nil {
		return err
	}
	began := time.Now()
	say := func(format string, args ...any) {
		fmt.Fprintf(progress, "%7.1fs  seed: %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	_, err = Write(ctx, db, house, s, say)
	return err
}

// Write makes a data set in a database that is ready, and tells how far it is.
func Write(ctx context.Context, db *store.Store, house federation.House, s Size, say func(string, ...any), hosts ...string) (*Plan, error) {
	p := New(s, house, hosts...)
	if err := p.keyring(); err != nil {
		return nil, err
	}
	say("%d accounts, of which %d members and %d groups, and %d posts", s.Accounts, s.Members, s.Groups, s.Posts)
	return p, p.load(ctx, db, say)
}

// OnlyHere refuses a database on another machine.
func OnlyHere(address string) error {
	c, err := pgx.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("the address of the database cannot be read: %w", err)
	}
	hosts := []string{c.Host}
	for _, f := range c.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); !filepath.IsAbs(h) && h != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("%q is not this machine: a data set is only written into a database on it", h)
		}
	}
	return nil
}
