package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// boardName is the closed group of the demo.
const boardName = "Atlas Board"

const groups = "/api/entente/v1/groups"

// closed are the steps in a closed group of both companies: bea asks to be in it, and
// boris, who has not asked, sees nothing of what is said there.
func (p *play) closed() []step {
	return []step{p.opensBoard(), p.asksIn(), p.letsIn(), p.postsInside()}
}

func (p *play) opensBoard() step {
	return step{says: "alice opens the closed " + boardName, whom: p.globex,
		already: func(ctx context.Context) (is bool, err error) {
			p.board, is, err = p.alice.ownGroup(ctx, boardName)
			return is, err
		},
		do: func(ctx context.Context) error {
			return p.alice.call(ctx, http.MethodPost, groups, url.Values{"display_name": {boardName}, "access": {"closed"}, "companies[]": {p.globex.host}}, &p.board)
		},
		seen: func(ctx context.Context) (bool, error) {
			here, err := p.boardAt(ctx, p.bea)
			return here.URI == p.board.URI, err
		}}
}

func (p *play) asksIn() step {
	return step{says: "bea asks to be in it", whom: p.acme,
		already: func(ctx context.Context) (bool, error) {
			here, err := p.boardAt(ctx, p.bea)
			return here.Relationship.Member, err
		},
		do: func(ctx context.Context) error {
			here, err := p.boardAt(ctx, p.bea)
			if err != nil {
				return err
			}
			return p.bea.call(ctx, http.MethodPost, groups+"/"+here.ID+"/join", url.Values{}, nil)
		},
		seen: func(ctx context.Context) (bool, error) {
			_, is, err := p.asks(ctx)
			return is, err
		}}
}

func (p *play) letsIn() step {
	return step{says: "alice lets her in", whom: p.globex,
		already: func(ctx context.Context) (bool, error) {
			_, is, err := p.asks(ctx)
			return !is, err
		},
		do: func(ctx context.Context) error {
			who, _, err := p.asks(ctx)
			if err != nil {
				return err
			}
			return p.alice.call(ctx, http.MethodPost, groups+"/"+p.board.ID+"/requests/"+who.ID+"/accept", url.Values{}, nil)
		},
		seen: func(ctx context.Context) (bool, error) {
			here, err := p.boardAt(ctx, p.bea)
			return here.Relationship.Member, err
		}}
}

func (p *play) postsInside() step {
	return step{says: "bea posts in it for its members", whom: p.acme, isPost: true,
		do: func(ctx context.Context) error {
			here, err := p.boardAt(ctx, p.bea)
			if err != nil {
				return err
			}
			return p.bea.write(ctx, &p.inside, "Between us: the price.", url.Values{"group_id": {here.ID}})
		},
		seen: func(ctx context.Context) (bool, error) {
			return p.alice.hasIn(ctx, "/api/v1/timelines/group/"+p.board.ID, p.inside)
		},
		then: p.borisSeesNothing}
}

// boardAt is the closed group as somebody's instance shows it.
func (p *play) boardAt(ctx context.Context, one *person) (g group, err error) {
	found, err := one.finds(ctx, p.board.Username+"@"+p.acme.host)
	if err != nil || found.ID == "" {
		return g, errors.Join(errors.New(one.username+" does not find the closed group"), err)
	}
	return g, one.get(ctx, "/api/v1/groups/"+found.ID, nil, &g)
}

// asks is bea as one of those who ask to be in the closed group.
func (p *play) asks(ctx context.Context) (account, bool, error) {
	var waiting []account
	err := p.alice.get(ctx, "/api/entente/v1/groups/"+p.board.ID+"/requests", nil, &waiting)
	at := slices.IndexFunc(waiting, func(a account) bool { return a.Acct == p.bea.handle() })
	if err != nil || at < 0 {
		return account{}, false, err
	}
	return waiting[at], true, nil
}

// borisSeesNothing: not being a member, he sees no post of the group, nor the one by its
// address.
func (p *play) borisSeesNothing(ctx context.Context) (bool, error) {
	here, err := p.boardAt(ctx, p.boris)
	if err != nil {
		return false, err
	}
	is, err := p.boris.hasIn(ctx, "/api/v1/timelines/group/"+here.ID, p.inside)
	if problem, ok := errors.AsType[*refusal](err); ok && problem.Status/100 == 4 {
		is, err = false, nil
	}
	if err == nil && is {
		err = errors.New("boris, who is not in the closed group, reads what is posted there")
	}
	return err == nil, err
}

// ownGroup is a group of this name that one of Acme has opened in an earlier run.
func (a *person) ownGroup(ctx context.Context, name string) (group, bool, error) {
	var all []group
	err := a.get(ctx, "/api/v1/groups", nil, &all)
	at := slices.IndexFunc(all, func(g group) bool { return g.DisplayName == name })
	if err != nil || at < 0 {
		return group{}, false, err
	}
	return all[at], true, nil
}

// shutOut shows that an outsider learns nothing of the closed group.
func (p *play) shutOut(ctx context.Context) error {
	for _, wish := range []struct{ what, address string }{{"outsider asks for the " + boardName, p.board.URI}, {"outsider asks for its post", p.inside.URI}} {
		got, err := p.outsider.reads(ctx, wish.address)
		if err == nil {
			err = p.expectRefusal(wish.what, got)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", wish.what, err)
		}
	}
	return nil
}
