package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const posts = 20

func TestAPartnerThatIsAwayMissesNothing(t *testing.T) {
	t.Parallel()
	acme, globex := ownPair(t)
	alice, bea := acme.hire(t, "alice"), globex.hire(t, "bea")
	bea.follow(t, alice)
	must(t, globex.stop())

	wrote := alice.goesOn(t)
	soon(t, patience, func() error { return acme.knowsDown(t, globex, posts+2) })
	if parked := acme.does(t, "queue", "parked"); strings.Count(parked, " "+globex.host+" ") != posts+2 {
		t.Errorf("queue parked does not list what waits for %s:\n%s", globex.host, parked)
	}

	must(t, globex.start(t.Context()))
	took := soon(t, 2*time.Minute, func() error { return bea.hasHeard(t.Context(), wrote) })
	t.Logf("%d activities arrived %v after %s was back", posts+2, took.Round(time.Millisecond), globex.name)
	soon(t, 2*time.Minute, func() error { return acme.owesNothing(t, globex) })
	must(t, bea.hasHeard(t.Context(), wrote)) // and nothing came twice after all
}

// goesOn is alice's day while her partner is away: she posts, edits the first
// and deletes the second. It gives the texts that are to be read in the end.
func (p *person) goesOn(t *testing.T) (texts []string) {
	t.Helper()
	var wrote []status
	var took []time.Duration
	timed := func(do func(context.Context) error) {
		began := time.Now()
		must(t, do(t.Context()))
		took = append(took, time.Since(began))
	}
	for n := range posts {
		timed(func(ctx context.Context) error {
			s, err := p.write(ctx, fmt.Sprintf("post-%d", n))
			wrote = append(wrote, s)
			return err
		})
		timed(func(ctx context.Context) error { return p.get(ctx, "/api/v1/timelines/home", nil) })
	}
	timed(func(ctx context.Context) error {
		_, err := p.call(ctx, http.MethodPut, "/api/v1/statuses/"+wrote[0].ID, url.Values{"status": {"post-0, edited"}}, nil)
		return err
	})
	timed(func(ctx context.Context) error {
		_, err := p.call(ctx, http.MethodDelete, "/api/v1/statuses/"+wrote[1].ID, nil, nil)
		return err
	})
	slices.Sort(took)
	median, longest := took[len(took)/2], took[len(took)-1]
	t.Logf("%d requests while the partner was away: median %v, longest %v", len(took), median.Round(time.Millisecond), longest.Round(time.Millisecond))
	if median > 300*time.Millisecond || longest > 3*time.Second {
		t.Errorf("a partner that is away slows down the API: median %v, longest %v", median, longest)
	}
	texts = []string{"post-0, edited"}
	for _, s := range wrote[2:] {
		texts = append(texts, s.text())
	}
	return texts
}

// knowsDown is nil when the operator is told that partner is down, and how much
// waits for it.
func (c *company) knowsDown(t *testing.T, partner *company, waits int) error {
	status := c.does(t, "queue", "status")
	for line := range strings.Lines(status) {
		if strings.HasPrefix(line, partner.host+" ") && strings.Contains(line, " down since ") && strings.Contains(line, fmt.Sprintf("Z  %d ", waits)) {
			return nil
		}
	}
	return fmt.Errorf("queue status does not name %s as down with %d that wait:\n%s", partner.host, waits, status)
}

// owesNothing is nil when nothing waits or was given up, and partner is up. A
// request that was answered may still be on the calendar to be repeated.
func (c *company) owesNothing(t *testing.T, partner *company) error {
	status, parked := c.does(t, "queue", "status"), c.does(t, "queue", "parked")
	places, empty, up := 0, 0, false // the outbox, the queues, the dead letters
	for line := range strings.Lines(status) {
		switch cells := strings.Fields(line); {
		case len(cells) < 3:
		case cells[0] == "outbox", cells[0] == "dead", cells[0] == "queue,":
			places++
			if cells[1] == "0" || cells[2] == "0" {
				empty++
			}
		case cells[0] == partner.host:
			up = cells[1] == "up"
		}
	}
	waits := slices.ContainsFunc(strings.Split(parked, "\n"), func(line string) bool {
		return strings.Contains(line, "Z ") && !strings.HasPrefix(line, "remind-")
	})
	if places < 5 || empty != places || waits || !up {
		return fmt.Errorf("%s still has something to do:\n%s\n%s", c.name, status, parked)
	}
	return nil
}

// hasHeard is nil when p's home timeline holds these texts, each once, and
// nothing else.
func (p *person) hasHeard(ctx context.Context, texts []string) error {
	home, err := p.home(ctx)
	if err != nil {
		return err
	}
	var got []string
	for _, s := range home {
		got = append(got, s.text())
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(texts)); !slices.Equal(got, want) {
		return fmt.Errorf("%s reads\n%v\nwant\n%v", p.name, got, want)
	}
	return nil
}
