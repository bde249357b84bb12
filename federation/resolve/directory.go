package resolve

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// Directories are the partners, by host, whose people me may search by the agreement with
// them.
func (f *Finder) Directories(ctx context.Context, me store.Actor) ([]string, error) {
	partners, err := f.db.Partners(ctx)
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, p := range partners {
		if p.Agreement == "" || !p.Passes(f.now()) {
			continue
		}
		err := f.gate.Takes(ctx, agreement.Directory, p.Host, me.ID)
		if activity.KindOf(err) == activity.Internal && err != nil {
			return nil, err
		}
		if err == nil {
			hosts = append(hosts, p.Host)
		}
	}
	return hosts, nil
}

// AskDirectories asks each of them for people whose names begin so, and keeps who is found:
// Search finds them then. They learn the words, and whose they are where the agreement names
// the people who may ask; so this is done for who wants it, and only where IsName. The same is asked again after DirectoryEvery. silent
// are those that have not answered in DirectoryTime.
func (f *Finder) AskDirectories(ctx context.Context, me store.Actor, words string) (silent []string, err error) {
	if !IsName(words) {
		return nil, nil
	}
	hosts, err := f.Directories(ctx, me)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, limits.DirectoryTime)
	defer cancel()
	var all errgroup.Group
	var mu sync.Mutex
	all.SetLimit(limits.DirectoriesAtOnce)
	for _, host := range hosts {
		all.Go(func() error {
			err := f.askDirectory(ctx, within, me, host, strings.ToLower(strings.TrimSpace(words)))
			if err != nil {
				f.log.InfoContext(ctx, "a directory does not answer", "host", host, "err", err)
				mu.Lock()
				silent = append(silent, host)
				mu.Unlock()
			}
			return ctx.Err()
		})
	}
	err = all.Wait()
	slices.Sort(silent)
	return silent, err
}

// IsName says that words may be the beginning of a name: not an address, a #hashtag, a
// handle or a single letter.
func IsName(words string) bool {
	n := utf8.RuneCountInString(strings.TrimSpace(words))
	return n > 1 && n <= limits.DirectoryWords && !strings.ContainsAny(words, "@#/:")
}

// askDirectory keeps whom the directory of a partner finds.
func (f *Finder) askDirectory(ctx, within context.Context, me store.Actor, host, words string) error {
	asked := host + " " + words
	if !f.looked.first(asked, limits.DirectoryEvery) {
		return nil
	}
	err := f.readDirectory(ctx, within, me, host, words)
	if err != nil {
		f.looked.forget(asked)
	}
	return err
}

// readDirectory waits for the answer, and for those who confirm handles, as long as within
// lasts, and keeps what it was.
func (f *Finder) readDirectory(ctx, within context.Context, me store.Actor, host, words string) error {
	p, err := f.db.Partner(ctx, host)
	if err != nil {
		return err
	}
	with, err := f.db.Partnership(ctx, activity.ID(p.Agreement))
	if err != nil {
		return err
	}
	at, err := with.Other.URL()
	if err != nil {
		return err
	}
	at.Path, at.RawQuery = "/directory", url.Values{"q": {words}}.Encode()
	id := activity.ID(at.String())
	r, err := f.Errand().Reading(ctx, host, me)
	if err != nil {
		return err
	}
	found, err := r.shelf(within, id)
	if err != nil {
		return err
	}
	for _, item := range found.Items[:min(len(found.Items), limits.DirectoryFound)] {
		a, err := activity.ReadActor(item.Raw)
		if err != nil || !activity.SameOrigin(a.ID, id) || a.Type != "Person" && a.Type != "Service" {
			continue // it speaks for its own people alone
		}
		if err := r.gate.AllowAll(ctx, policy.Fetch, item.Raw); activity.KindOf(err) == activity.Denied {
			continue
		} else if err != nil {
			return err
		}
		if _, err := r.keepActor(within, a, ""); err != nil {
			return err
		}
	}
	return nil
}
