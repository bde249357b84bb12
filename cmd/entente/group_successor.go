package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente.example/entente/store"
)

// A group lives at one company. It may name another one in it, which goes on with it: when
// the group is handed over, or when its host is silent for as long as was agreed.

func (p *program) groupName() *cobra.Command {
	cmd := p.command("name GROUP [HOST]", "Name the company that goes on with a group",
		`Names the company at HOST as the successor of a group of this instance, in the name of
who owns the group. It counts when an admin there accepts. Without HOST nobody is named
any more.`,
		`  entente group name atlas globex.example --days 14
  entente group name atlas`)
	cmd.Args = cobra.RangeArgs(1, 2)
	silence := cmd.Flags().Int("days", 0, "of silence after which it may claim the group (0: 14)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			group, owner, err := i.ownGroup(ctx, args[0])
			if err != nil {
				return err
			}
			host := strings.Join(args[1:], "")
			if err := i.service.NameSuccessor(ctx, owner, group, host, *silence); err != nil {
				return err
			}
			if host == "" {
				fmt.Fprintf(p.out, "Nobody goes on with %s any more.\n", i.service.Handle(group))
				return nil
			}
			fmt.Fprintf(p.out, "%s is asked to go on with %s. It counts when an admin there accepts: 'entente group successors' says so.\n", host, i.service.Handle(group))
			return nil
		})
	}
	return cmd
}

func (p *program) groupSuccessors() *cobra.Command {
	cmd := p.command("successors", "List who goes on with which group", "Lists the groups that have named a successor, as far as this instance knows, with how that stands.", `  entente group successors`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			all, err := i.db.AllSuccessions(ctx)
			if err != nil {
				return err
			}
			var rows [][]string
			for _, s := range all {
				group, err := i.db.ActorByKey(ctx, s.Group)
				if err != nil {
					return err
				}
				rows = append(rows, []string{string(group.ID), group.DisplayName(), string(s.Successor), fmt.Sprint(s.Silence), successionState(s), moment(time.UnixMilli(s.Version))})
			}
			return table(p.out, "No group has named a successor.", []string{"GROUP", "NAME", "SUCCESSOR", "DAYS", "STATE", "SINCE"}, rows)
		})
	}
	return cmd
}

// successionState is how it stands with the successor of a group.
func successionState(s store.Succession) string {
	switch {
	case !s.ClaimedAt.IsZero():
		return "claimed"
	case s.Heir != 0 || !s.HandedAt.IsZero():
		return "handed over"
	case s.Successor == "":
		return "taken back"
	case s.Declined:
		return "declined"
	case s.Accepted == nil:
		return "offered"
	}
	return "accepted"
}

func (p *program) groupAnswer(verb string, accept bool) *cobra.Command {
	cmd := p.command(verb+" GROUP", strings.ToUpper(verb[:1])+verb[1:]+" to go on with a group of another company",
		`Answers in writing whether this instance goes on with the group at the address GROUP, which
has named it: 'entente group successors' shows those. Who has accepted may decline later;
who has declined has to be named again.`,
		`  entente group `+verb+` https://social.acme.example/groups/atlas`)
	cmd.Args = takes("GROUP")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			group, err := i.otherGroup(ctx, args[0])
			if err != nil {
				return err
			}
			if err := i.service.AnswerSuccession(ctx, "operator", group, accept); err != nil {
				return err
			}
			fmt.Fprintf(p.out, "The host of %s is being told.\n", group.ID)
			return nil
		})
	}
	return cmd
}

func (p *program) groupHandOver() *cobra.Command {
	cmd := p.command("hand-over GROUP", "Hand a group over to its successor",
		`Hands a group of this instance over to the company that has accepted to go on with it, in
the name of who owns it. Its people and posts are there from then on, and its address leads
there. People of companies that have no agreement with the new host stay behind.`,
		`  entente group hand-over atlas`)
	cmd.Args = takes("GROUP")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			group, owner, err := i.ownGroup(ctx, args[0])
			if err != nil {
				return err
			}
			if err := i.service.HandOver(ctx, owner, group); err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s is being handed over.\n", i.service.Handle(group))
			return nil
		})
	}
	return cmd
}

func (p *program) groupClaim() *cobra.Command {
	cmd := p.command("claim GROUP", "Go on with a group whose host is silent",
		`Goes on here with the group at the address GROUP, which has named this instance, after its
host was silent for as long as was agreed. Each company in it judges by itself whether that
is so; those that cannot believe it yet are told again each day.`,
		`  entente group claim https://social.acme.example/groups/atlas`)
	cmd.Args = takes("GROUP")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			group, err := i.otherGroup(ctx, args[0])
			if err != nil {
				return err
			}
			if err := i.service.Claim(ctx, "operator", group); err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s goes on here; its companies are being told.\n", group.ID)
			return nil
		})
	}
	return cmd
}

// ownGroup is a group of this instance by its name, with who owns it.
func (i *instance) ownGroup(ctx context.Context, name string) (group, owner store.Actor, err error) {
	group, err = i.groupCalled(ctx, name)
	if err == nil && !group.Local {
		err = wrong(fmt.Errorf("the group %q lives at another company", name))
	}
	if err != nil {
		return group, owner, err
	}
	owners, err := i.db.EdgesTo(ctx, store.Owner, group.Key, store.Page{Limit: 1})
	if err == nil && len(owners) == 0 {
		err = wrong(fmt.Errorf("nobody owns the group %q", name))
	}
	if err != nil {
		return group, owner, err
	}
	owner, err = i.db.ActorByKey(ctx, owners[0].Actor)
	return group, owner, err
}

// otherGroup is a group of another company by its address.
func (i *instance) otherGroup(ctx context.Context, address string) (store.Actor, error) {
	group, err := i.groupCalled(ctx, address)
	if err == nil && group.Local {
		err = wrong(fmt.Errorf("the group %q lives here, not at another company", address))
	}
	return group, err
}
