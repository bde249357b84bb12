package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// agree makes the two partners as two admins do: one offers an agreement, the other
// accepts it. What was agreed in an earlier run stays.
func agree(ctx context.Context, out io.Writer, acme, globex *company) error {
	began := time.Now()
	if state, err := acme.stateWith(ctx, globex); err != nil || state == "active" {
		return err
	} else if state != "proposed" {
		if _, err := acme.ask(ctx, "", "partner", "propose", globex.host, "--let", "all", "--take", "all", "--reason", "the demo"); err != nil {
			return err
		}
	}
	if err := globex.sees(ctx, acme, "proposed"); err != nil {
		return err
	}
	if _, err := globex.ask(ctx, "", "partner", "accept", acme.host, "--yes"); err != nil {
		return err
	}
	if err := acme.sees(ctx, globex, "active"); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n'entente partner propose' at Acme, 'entente partner accept' at Globex: an agreement that both have signed, after %.1f s\n", time.Since(began).Seconds())
	return nil
}

// sees waits until the agreement with another is in a state.
func (c *company) sees(ctx context.Context, other *company, want string) error {
	err := until(ctx, func(ctx context.Context) (bool, error) {
		state, err := c.stateWith(ctx, other)
		return state == want, err
	})
	if err != nil {
		return fmt.Errorf("%s does not see that the agreement with %s is %s: %w", c.name, other.name, want, err)
	}
	return nil
}

// stateWith is what the agreement with another is called, "" where there is none.
func (c *company) stateWith(ctx context.Context, other *company) (string, error) {
	said, err := c.ask(ctx, "", "partner", "list")
	if err != nil {
		return "", err
	}
	return stateIn(said, other.host), nil
}

// stateIn finds the state of a host in a list of partners.
func stateIn(list, host string) string {
	head, _, _ := strings.Cut(list, "\n")
	at := strings.Index(head, "STATE")
	for line := range strings.Lines(list) {
		if words := strings.Fields(line); at >= 0 && len(line) > at && words[0] == host {
			state, _, _ := strings.Cut(strings.TrimSpace(line[at:]), "  ")
			return state
		}
	}
	return ""
}
