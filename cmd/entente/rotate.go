package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// rotation is what both commands that change keys have to teach.
const rotation = `
Nothing that is on its way is lost: partners are told by a message signed with the
old keys, and those who have not heard of it are still served with the old ones.
After a week the old keys are removed. Rotate when a backup or a disk may have been
read by others; there is no need to do it regularly.

With --lost the old keys are forgotten at once and nothing is said with them: for keys
that somebody has for certain, or that are gone.`

// lostInstance is what an admin has to do about the others, who cannot tell who has which key.
const lostInstance = `
Each partner that has signed an agreement suspends it as soon as it sees the new key.
Call its admin: 'entente partner verify HOST' on both sides, the same six words, then
--confirm on both sides, and 'entente partner resume' at the partner. Posts, groups and
memberships stay; what was agreed is signed anew.`

func (p *program) memberRotateKey() *cobra.Command {
	cmd := p.command("rotate-key USERNAME", "Give somebody new keys",
		`Gives somebody new keys (RSA and Ed25519), with which this instance signs what they
do. They notice nothing of it.
`+rotation,
		`  entente member rotate-key alice`)
	lost := lostFlag(cmd)
	cmd.Args = takes("USERNAME")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			actor, _, err := i.member(ctx, args[0])
			if err != nil {
				return err
			}
			return p.rotate(ctx, i, actor, i.service.Handle(actor), *lost)
		})
	}
	return cmd
}

// lostFlag is --lost: see federation.Service.LoseKeys.
func lostFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("lost", false, "the old keys are stolen, or gone: forget them at once")
}

// instanceCommand is "entente instance".
func (p *program) instanceCommand() *cobra.Command {
	cmd := p.group("instance", "Look after what belongs to nobody in particular",
		`Looks after what belongs to the instance itself and to its groups.`,
		`  entente instance rotate-key`,
		p.instanceRotateKey())
	addSettings(cmd.PersistentFlags())
	return cmd
}

func (p *program) instanceRotateKey() *cobra.Command {
	cmd := p.command("rotate-key", "Give the instance, or a group, new keys",
		`Gives this instance new keys (RSA and Ed25519), with which it signs what it reads from
partners; with --group those of a group, with which it tells its members what happens
in it. For people there is 'entente member rotate-key'.
`+rotation+`
`+lostInstance,
		`  entente instance rotate-key
  entente instance rotate-key --group atlas
  entente instance rotate-key --lost`)
	lost := lostFlag(cmd)
	group := cmd.Flags().String("group", "", "name of a group of this instance")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			if *group == "" {
				actor, err := i.db.Actor(ctx, i.service.InstanceActor())
				if err != nil {
					return err
				}
				err = p.rotate(ctx, i, actor, i.Host, *lost)
				if err == nil && *lost {
					fmt.Fprintln(p.out, lostInstance[1:])
				}
				return err
			}
			actor, ok, err := activity.Optional(i.db.ActorByHandle(ctx, *group, ""))
			if err == nil && (!ok || !actor.IsGroup()) {
				err = wrong(fmt.Errorf("--group: there is no group %q here", *group))
			}
			if err != nil {
				return err
			}
			return p.rotate(ctx, i, actor, i.service.Handle(actor), *lost)
		})
	}
	return cmd
}

func (p *program) rotate(ctx context.Context, i *instance, actor store.Actor, name string, lost bool) error {
	change, then := i.service.RotateKeys, "partners are being told. The old ones are removed in a week."
	if lost {
		change, then = i.service.LoseKeys, "the old ones are forgotten."
	}
	if err := change(ctx, actor); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "%s has new keys; %s\n", name, then)
	return nil
}
