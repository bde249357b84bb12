package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente.example/entente/activity"
	"entente.example/entente/federation/export"
	"entente.example/entente/store"
)

// groupCommand is "entente group".
func (p *program) groupCommand() *cobra.Command {
	cmd := p.group("group", "Look after groups",
		`Looks after groups from outside: who is in one decides about it in the pages of Entente
or an app.`,
		`  entente group export atlas --to atlas-2026-12
  entente group name atlas globex.example --days 14
  entente group accept https://social.acme.example/groups/atlas
  entente group hand-over atlas
  entente group claim https://social.acme.example/groups/atlas`,
		p.groupExport(), p.groupName(), p.groupSuccessors(), p.groupAnswer("accept", true), p.groupAnswer("decline", false), p.groupHandOver(), p.groupClaim())
	addSettings(cmd.PersistentFlags())
	return cmd
}

func (p *program) groupExport() *cobra.Command {
	cmd := p.command("export NAME|ID --to DIR", "Write a group into a folder",
		`Writes what this company has of a group into a new folder: the group, its members, posts,
answers, reactions and removals as JSON Lines, what is attached as files, a manifest with
the SHA-256 of everything, and a README.txt that explains it all.

NAME is a group of this instance, or name@host of one elsewhere, of which this company has
what its people may read there. It shows the group at one moment; people go on writing
meanwhile. A large group takes minutes, and says how far it is. What interrupts it leaves
nothing under the name DIR. Private messages are not in it. Whoever has the folder reads
the group: keep it as you keep a backup. The audit log says that it was made.`,
		`  entente group export atlas --to /srv/archive/atlas-2026-12
  entente group export board@globex.example --to board
  entente group export https://globex.example/groups/board --to board`)
	cmd.Args = takes("NAME|ID")
	dir := addTo(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			group, err := i.groupCalled(ctx, args[0])
			if err != nil {
				return err
			}
			return p.exports(*dir, func(to export.Shelf) (export.Manifest, error) {
				return i.service.ExportGroup(ctx, group, to, p.told())
			})
		})
	}
	return cmd
}

// addTo is the folder that an export makes.
func addTo(cmd *cobra.Command) *string {
	return cmd.Flags().String("to", "", "the folder to make; nothing may be there yet")
}

// exports makes a folder of what write puts into it, whole or not at all.
func (p *program) exports(dir string, write func(export.Shelf) (export.Manifest, error)) error {
	if dir == "" {
		return wrong(errors.New("--to: name the folder to make"))
	}
	to, err := export.NewFolder(dir)
	if err != nil {
		return err
	}
	m, err := write(to)
	if err == nil {
		err = to.Done()
	}
	if err != nil {
		return errors.Join(err, to.Abandon())
	}
	fmt.Fprintf(p.out, "%s has %s, %s and %s; %s.\n", dir, count(m.Lines("posts"), "post", "posts"), count(m.Lines("members"), "member", "members"),
		count(m.Files.Count, "file", "files"), count(m.Files.Missing, "more is not with this company", "more are not with this company"))
	return nil
}

// told says now and then how far an export is.
func (p *program) told() export.Told {
	last := time.Now()
	return func(noun string, lines int) {
		if time.Since(last) > 2*time.Second {
			fmt.Fprintf(p.errs, "%d %s\n", lines, noun)
			last = time.Now()
		}
	}
}

// groupCalled is a group by its name, name@host, or id.
func (i *instance) groupCalled(ctx context.Context, called string) (store.Actor, error) {
	name, host, _ := strings.Cut(strings.TrimPrefix(called, "@"), "@")
	if i.service.Gate().IsOwn(host) {
		host = ""
	}
	find := func() (store.Actor, error) { return i.db.ActorByHandle(ctx, name, host) }
	if strings.Contains(called, "://") {
		find = func() (store.Actor, error) { return i.db.Actor(ctx, activity.ID(called)) }
	}
	group, known, err := activity.Optional(find())
	if err == nil && (!known || !group.IsGroup()) {
		err = wrong(fmt.Errorf("this instance knows no group %q", called))
	}
	return group, err
}
