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
read by others; there is no need to do it regularly.`

func (p *program) memberRotateKey() *cobra.Command {
	cmd := p.command("rotate-key USERNAME", "Give somebody new keys",
		`Gives somebody new keys (RSA and Ed25519), with which this instance signs what they
do. They notice nothing of it.
`+rotation,
		`  entente member rotate-key alice`)
	cmd.Args = takes("USERNAME")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			actor, _, err := i.member(ctx, args[0])
			if err != nil {
				return err
			}
			return p.rotate(ctx, i, actor, i.service.Handle(actor))
		})
	}
	return cmd
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
`+rotation,
		`  entente instance rotate-key
  entente instance rotate-key --group atlas`)
	group := cmd.Flags().String("group", "", "name of a group of this instance")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			if *group == "" {
				actor, err := i.db.Actor(ctx, i.service.InstanceActor())
				if err != nil {
					return err
				}
				return p.rotate(ctx, i, actor, i.Host)
			}
			actor, ok, err := activity.Optional(i.db.ActorByHandle(ctx, *group, ""))
			if err == nil && (!ok || !actor.IsGroup()) {
				err = wrong(fmt.Errorf("--group: there is no group %q here", *group))
			}
			if err != nil {
				return err
			}
			return p.rotate(ctx, i, actor, i.service.Handle(actor))
		})
	}
	return cmd
}

func (p *program) rotate(ctx context.Context, i *instance, actor store.Actor, name string) error {
	if err := i.service.RotateKeys(ctx, actor); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "%s has new keys; partners are being told. The old ones are removed in a week.\n", name)
	return nil
}
