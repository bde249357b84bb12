package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/net/publicsuffix"

	"entente.example/entente/activity"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// partnerCommand is "entente partner".
func (p *program) partnerCommand() *cobra.Command {
	cmd := p.group("partner", "Say which companies this instance speaks with",
		`Says which other hosts this instance speaks with. Works while it runs: changes
count at once. Both sides must allow each other.`,
		`  entente partner allow globex.example --note "joint project, until June"
  entente partner list
  entente partner knocks`,
		p.partnerAllow(), p.partnerList(), p.partnerRemove(), p.partnerKnocks())
	addSettings(cmd.PersistentFlags())
	return cmd
}

func (p *program) partnerAllow() *cobra.Command {
	cmd := p.command("allow HOST", "Make a host a partner",
		`Makes a host a partner, or changes the note on one. HOST is the exact host of its
addresses; a subdomain is another host. Then asks it which software it runs.`,
		`  entente partner allow globex.example --note "joint project, until June"`)
	cmd.Args = takes("HOST")
	note := cmd.Flags().String("note", "", "why, for your own people")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			host, err := i.partnerHost(args[0])
			if err != nil {
				return err
			}
			said, err := i.allowPartner(ctx, host, *note, cmd.Flags().Changed("note"))
			if err != nil {
				return err
			}
			fmt.Fprintln(p.out, said)
			fmt.Fprintln(p.out, i.whatRuns(ctx, host))
			return nil
		})
	}
	return cmd
}

// partnerHost cleans the name of a host and refuses what cannot be a company's:
// our own, and a suffix under which anybody can have a name.
func (i *instance) partnerHost(text string) (string, error) {
	host, err := activity.CleanHost(strings.TrimSpace(text))
	if err != nil {
		return "", wrong(err)
	}
	name, _, hasPort := strings.Cut(host, ":")
	inDevelopment := name == "localhost" || strings.HasSuffix(name, ".localhost") || hasPort && i.InsecureHTTP
	suffix, _ := publicsuffix.PublicSuffix(name)
	switch {
	case i.service.Gate().IsOwn(host):
		return "", wrong(fmt.Errorf("%s is this instance itself", host))
	case suffix == name && !inDevelopment:
		return "", wrong(fmt.Errorf("%s is a suffix that many share, not the host of one company", host))
	}
	return host, nil
}

// allowPartner makes host a partner and says what changed. Without a new note
// the old one stays.
func (i *instance) allowPartner(ctx context.Context, host, note string, newNote bool) (said string, err error) {
	return said, i.db.InTx(ctx, func(tx *store.Tx) error {
		was, known, err := partner(ctx, tx, host)
		if err != nil {
			return err
		}
		decision := store.Decision{What: "partner.allowed", About: host, Details: map[string]string{"note": note}}
		switch {
		case !known:
			tx.Audit(ctx, decision)
			said = host + " is a partner now."
		case newNote && note != was.Note:
			decision.What = "partner.noted"
			tx.Audit(ctx, decision)
			said = host + " was a partner already; its note is new."
		default:
			said, note = host+" was a partner already; nothing has changed.", was.Note
		}
		if i.service.Gate().Open() {
			said += " (ENTENTE_FEDERATION is open: whoever is no partner may speak with us too.)"
		}
		return tx.AllowPartner(ctx, host, note)
	})
}

// whatRuns says which software a partner has. It shows that the name leads to a
// server, and which one; a partner that is not there yet is a partner all the same.
func (i *instance) whatRuns(ctx context.Context, host string) string {
	software, err := i.service.AskSoftware(ctx, host)
	if err != nil {
		return host + " does not say which software it runs: " + activity.FaultOf(err).Say + "."
	}
	return host + " runs " + software.String() + "."
}

func partner(ctx context.Context, tx *store.Tx, host string) (_ store.Partner, known bool, _ error) {
	all, err := tx.Partners(ctx)
	at := slices.IndexFunc(all, func(p store.Partner) bool { return p.Host == host })
	if at < 0 {
		return store.Partner{}, false, err
	}
	return all[at], true, err
}

func (p *program) partnerList() *cobra.Command {
	cmd := p.command("list", "List the partners", "Lists the hosts that this instance speaks with, and what they say that they run.", `  entente partner list`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			partners, err := i.db.Partners(ctx)
			if err != nil {
				return err
			}
			var rows [][]string
			for _, pa := range partners {
				rows = append(rows, []string{pa.Host, moment(pa.AllowedAt), remote.Software{Name: pa.Software, Version: pa.Version}.String(), pa.Note})
			}
			return table(p.out, "There are no partners yet: see 'entente partner allow --help'.", []string{"HOST", "SINCE", "RUNS", "NOTE"}, rows)
		})
	}
	return cmd
}

func (p *program) partnerRemove() *cobra.Command {
	cmd := p.command("remove HOST", "Shut a host out",
		`Shuts a host out at once, in both directions. What waits to be delivered to it is
dropped; what it has sent stays.`,
		`  entente partner remove globex.example`)
	cmd.Args = takes("HOST")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			host, err := activity.CleanHost(args[0])
			if err != nil {
				return wrong(err)
			}
			dropped, err := i.removePartner(ctx, host)
			if err == nil {
				fmt.Fprintf(p.out, "%s is no partner any more; %s that waited for it dropped.\n", host, count(dropped, "delivery", "deliveries"))
			}
			return err
		})
	}
	return cmd
}

func (i *instance) removePartner(ctx context.Context, host string) (dropped int, err error) {
	return dropped, i.decide(ctx, store.Decision{What: "partner.removed", About: host}, func(tx *store.Tx) error {
		if dropped, err = tx.DropParked(ctx, host); err != nil {
			return err
		}
		was, err := tx.RemovePartner(ctx, host)
		if err == nil && !was {
			err = errors.New(host + " is not a partner: see 'entente partner list'")
		}
		return err
	})
}

// most is how many rows a list shows at most.
const most = 1000

func (p *program) partnerKnocks() *cobra.Command {
	cmd := p.command("knocks", "List the hosts that were refused",
		`Lists the hosts that were refused, the latest first: how often, when, and what they
tried last. 'entente partner allow' lets one in and forgets its knocks.`,
		`  entente partner knocks`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			knocks, err := i.db.Knocks(ctx, most)
			if err != nil {
				return err
			}
			var rows [][]string
			for _, k := range knocks {
				rows = append(rows, []string{k.Host, fmt.Sprint(k.Times), moment(k.FirstAt), moment(k.LastAt), k.Tried})
			}
			return table(p.out, "Nobody has been refused.", []string{"HOST", "TIMES", "FIRST", "LAST", "TRIED LAST"}, rows)
		})
	}
	return cmd
}
