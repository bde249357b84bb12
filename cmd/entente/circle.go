package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/partnership"
)

// circleCommand is "entente circle".
func (p *program) circleCommand() *cobra.Command {
	cmd := p.group("circle", "Use and publish lists of organisations",
		`Subscribes to lists of organisations that somebody whom you trust publishes and signs: a
sector, a project. A list proposes with whom to make an agreement; it never makes one.`,
		`  entente circle subscribe https://sector.example/circle.json
  entente circle import "Rail sector"
  entente circle import "Rail sector" globex.example initech.example`,
		p.circleSubscribe(), p.circleList(), p.circleImport(), p.circleUnsubscribe(), p.circlePublish())
	addSettings(cmd.PersistentFlags())
	return cmd
}

func (p *program) circleSubscribe() *cobra.Command {
	cmd := p.command("subscribe URL", "Subscribe to a list",
		`Reads the list at URL, shows who has signed it and by which key, and pins that key:
from then on a list that another key has signed is refused. Compare the key with what
its publisher tells you.`,
		`  entente circle subscribe https://sector.example/circle.json`)
	cmd.Args = takes("URL")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			c, err := i.service.Partnerships().SubscribeCircle(ctx, args[0])
			if err == nil {
				fmt.Fprintf(p.out, "%s, signed by %s\nwith the key %s, which is pinned.\n", printable(c.Name), printable(string(c.Signer)), c.Key)
			}
			return err
		})
	}
	return cmd
}

func (p *program) circleList() *cobra.Command {
	cmd := p.command("list", "List the lists", "Lists the lists that this instance subscribes to.", `  entente circle list`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			circles, err := i.db.TrustCircles(ctx)
			if err != nil {
				return err
			}
			var rows [][]string
			for _, c := range circles {
				rows = append(rows, []string{c.Name, c.URL, string(c.Signer), c.Key, moment(c.SubscribedAt)})
			}
			return table(p.out, "There are no lists yet: see 'entente circle subscribe --help'.", []string{"NAME", "URL", "SIGNED BY", "KEY", "SINCE"}, rows)
		})
	}
	return cmd
}

func (p *program) circleImport() *cobra.Command {
	cmd := p.command("import NAME [HOST...]", "See what a list proposes, and propose it",
		`Reads a list anew. Without HOST it shows what the list suggests and what to type for each
organisation; with HOSTs it offers an agreement to each of these, as the list suggests.
That counts only when they accept it.`,
		`  entente circle import "Rail sector"
  entente circle import "Rail sector" globex.example`)
	cmd.Args = cobra.MinimumNArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			d := i.service.Partnerships()
			kept, err := d.FindCircle(ctx, args[0])
			if err != nil {
				return err
			}
			c, err := d.Circle(ctx, kept)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return p.suggest(i, c)
			}
			return p.proposeAll(ctx, i, c, args[1:])
		})
	}
	return cmd
}

// suggest prints what an admin may type.
func (p *program) suggest(i *instance, c partnership.Circle) error {
	var rows [][]string
	for _, o := range c.Organisations {
		if !i.service.Gate().IsOwn(o.Host) {
			suggests := o.Proposal()
			rows = append(rows, []string{o.Name, fmt.Sprintf("entente partner propose %s --let %s --take %s", o.Host, flagged(suggests.Lets), flagged(suggests.Takes))})
		}
	}
	return table(p.out, "There is nobody else in this list.", []string{"ORGANISATION", "TO PROPOSE WHAT IT SUGGESTS"}, rows)
}

func flagged(g agreement.Grant) string { return strings.ReplaceAll(words(g.Words), ", ", ",") }

// proposeAll offers an agreement to these hosts; those that are not in the list are misuse,
// and nothing is offered.
func (p *program) proposeAll(ctx context.Context, i *instance, c partnership.Circle, hosts []string) error {
	chosen, err := c.Choose(hosts)
	if err != nil {
		return wrong(errors.New(printable(activity.FaultOf(err).Say)))
	}
	for _, o := range chosen {
		if _, err := i.partnerHost(o.Host); err != nil {
			return err
		}
	}
	for _, o := range chosen {
		if err := i.service.Partnerships().Propose(ctx, o.Host, o.Proposal()); err != nil {
			return err
		}
		fmt.Fprintf(p.out, "An agreement is offered to %s, which has 14 days to answer.\n", o.Host)
	}
	return nil
}

func (p *program) circleUnsubscribe() *cobra.Command {
	cmd := p.command("unsubscribe NAME", "Forget a list", "Forgets a list and its key. Agreements and offers stay.", `  entente circle unsubscribe "Rail sector"`)
	cmd.Args = takes("NAME")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			d := i.service.Partnerships()
			c, err := d.FindCircle(ctx, args[0])
			if err == nil {
				err = d.UnsubscribeCircle(ctx, c)
			}
			if err == nil {
				fmt.Fprintf(p.out, "%s is forgotten.\n", printable(c.Name))
			}
			return err
		})
	}
	return cmd
}

func (p *program) circlePublish() *cobra.Command {
	cmd := p.command("publish FILE", "Sign a list of organisations",
		`Checks a list and prints it signed by this instance, to be put at an address of your
website. A list is JSON:

  {"type": "TrustCircle", "name": "Rail sector", "organisations": [
    {"host": "globex.example", "name": "Globex", "lets": ["follow"], "takes": ["all"]}]}`,
		`  entente circle publish rail.json > circle.json`)
	cmd.Args = takes("FILE")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		file, err := os.Open(args[0])
		if err != nil {
			return wrong(err)
		}
		defer file.Close()
		raw, err := io.ReadAll(io.LimitReader(file, limits.Discovery+1))
		if err != nil {
			return err
		}
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			signed, err := i.service.Partnerships().PublishCircle(ctx, raw)
			if err == nil {
				fmt.Fprintln(p.out, string(signed))
			}
			return err
		})
	}
	return cmd
}
