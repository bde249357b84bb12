package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"entente.example/entente/activity"
)

// group is what the demo reads of a group.
type group struct {
	ID           string `json:"id"`
	URI          string `json:"uri"`
	Username     string `json:"username"`
	DisplayName  string `json:"display_name"`
	Relationship struct {
		Member bool `json:"member"`
	} `json:"relationship"`
}

// groupName is the open group of the demo.
const groupName = "Project Atlas"

// together are the steps in a group of both companies.
func (p *play) together() []step {
	return []step{
		{says: "alice opens the group " + groupName, whom: p.globex,
			already: p.findGroup,
			do: func(ctx context.Context) error {
				return p.alice.call(ctx, http.MethodPost, "/api/v1/groups", url.Values{"display_name": {groupName}, "companies[]": {p.globex.host}}, &p.group)
			},
			seen: func(ctx context.Context) (bool, error) {
				found, err := p.bea.finds(ctx, p.groupHandle())
				return found.URI == p.group.URI, err
			}},
		p.joins(p.amir), p.joins(p.bea), p.joins(p.boris),
		{says: "boris posts in the group", isPost: true,
			do: func(ctx context.Context) error {
				there, err := p.boris.groupHere(ctx, p)
				if err != nil {
					return err
				}
				return p.boris.write(ctx, &p.news, "Here is the plan for Atlas.", url.Values{"group_id": {there.ID}})
			},
			seen: func(ctx context.Context) (bool, error) {
				for _, one := range []*person{p.alice, p.amir, p.bea} {
					here, err := one.groupHere(ctx, p)
					if err != nil {
						return false, err
					}
					if is, err := one.hasIn(ctx, "/api/v1/timelines/group/"+here.ID, p.news); !is || err != nil {
						return false, err
					}
				}
				return true, nil
			}},
	}
}

func (p *play) groupHandle() string { return p.group.Username + "@" + p.acme.host }

// findGroup says whether an earlier run has opened the group.
func (p *play) findGroup(ctx context.Context) (bool, error) {
	found, is, err := p.alice.ownGroup(ctx, groupName)
	if is {
		p.group = found
	}
	return is, err
}

// joins is the step that somebody becomes a member, seen by alice at the host of
// the group; at home it must be granted before they can post.
func (p *play) joins(one *person) step {
	return step{says: one.username + " joins", whom: p.acme,
		undo: func(ctx context.Context) error { return p.leave(ctx, one) },
		do:   func(ctx context.Context) error { return one.onGroup(ctx, p, "join") },
		seen: func(ctx context.Context) (bool, error) { return p.isListed(ctx, one) },
		then: func(ctx context.Context) (bool, error) {
			here, err := one.groupHere(ctx, p)
			return here.Relationship.Member, err
		}}
}

// leave takes back the membership of an earlier run, and waits until it is gone
// at the host of the group.
func (p *play) leave(ctx context.Context, one *person) error {
	here, err := one.groupHere(ctx, p)
	if err != nil || !here.Relationship.Member {
		return err
	}
	if err := one.onGroup(ctx, p, "leave"); err != nil {
		return err
	}
	return until(ctx, not(func(ctx context.Context) (bool, error) { return p.isListed(ctx, one) }))
}

// isListed says whether the host of the group lists somebody as a member.
func (p *play) isListed(ctx context.Context, one *person) (bool, error) {
	var members []account
	err := p.alice.get(ctx, "/api/v1/groups/"+p.group.ID+"/members", nil, &members)
	return slices.ContainsFunc(members, func(m account) bool { return m.Acct == one.handle() || m.Acct == one.username && one.company == p.acme }), err
}

// groupHere is the group as this person's instance shows it.
func (a *person) groupHere(ctx context.Context, p *play) (g group, err error) {
	found, err := a.finds(ctx, p.groupHandle())
	if err != nil || found.ID == "" {
		return g, errors.Join(errors.New(a.username+" does not find the group"), err)
	}
	return g, a.get(ctx, "/api/v1/groups/"+found.ID, nil, &g)
}

func (a *person) onGroup(ctx context.Context, p *play, verb string) error {
	here, err := a.groupHere(ctx, p)
	if err != nil {
		return err
	}
	return a.call(ctx, http.MethodPost, "/api/v1/groups/"+here.ID+"/"+verb, url.Values{}, nil)
}

// refused shows what a third company gets that is not a partner.
func (p *play) refused(ctx context.Context) error {
	fmt.Fprintf(p.out, "\nA third company, %s, is no partner:\n\n", p.outsider.host)
	read, err := p.outsider.reads(ctx, p.again.URI)
	if err == nil {
		err = p.expectRefusal("outsider reads", read)
	}
	if err != nil {
		return err
	}
	delivered, err := p.outsider.delivers(ctx, p.acme.url()+"/inbox", activity.ID(p.acme.url()+"/users/alice"))
	if err == nil {
		err = p.expectRefusal("outsider delivers", delivered)
	}
	if err != nil {
		return err
	}
	if err := p.shutOut(ctx); err != nil {
		return err
	}
	return p.knocked(ctx)
}

func (p *play) expectRefusal(what string, got int) error {
	if got != http.StatusForbidden {
		return fmt.Errorf("%s: the answer is HTTP %d, not 403", what, got)
	}
	fmt.Fprintf(p.out, "  %s: is refused (%d)\n", what, got)
	return nil
}

// knocked shows that Acme's admins can see who was refused.
func (p *play) knocked(ctx context.Context) error {
	list, err := p.acme.ask(ctx, "", "partner", "knocks")
	if err != nil {
		return err
	}
	for line := range strings.Lines(list) {
		if strings.HasPrefix(line, p.outsider.host+" ") {
			fmt.Fprintf(p.out, "  'entente partner knocks' tells Acme's admins:\n    %s\n", strings.TrimSpace(line))
			return nil
		}
	}
	return errors.New("the outsider's knocks were not noted")
}
