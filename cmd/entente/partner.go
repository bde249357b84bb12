package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/net/publicsuffix"

	"entente.example/entente/activity"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// partnerCommand is "entente partner".
func (p *program) partnerCommand() *cobra.Command {
	cmd := p.group("partner", "Make agreements with other companies, and say whom to speak with",
		`Says which other hosts this instance speaks with, and what the people of each may do
at the other. With an Entente instance both sides sign an agreement: one proposes, the
other accepts. Other software is allowed by our word alone. Works while the instance
runs: changes count at once.`,
		`  entente partner propose globex.example --let all --take all --reason "the Lyon project"
  entente partner verify globex.example
  entente partner allow forum.example --note "the sector's forum"`,
		p.partnerPropose(), p.partnerShow(), p.partnerAccept(), p.partnerCounter(), p.partnerDecline(), p.partnerVerify(),
		p.partnerPreview(), p.partnerExport(), p.partnerNarrow(), p.partnerSuspend(), p.partnerResume(), p.partnerEnd(), p.partnerRevoke(), p.partnerFence(),
		p.partnerAllow(), p.partnerList(), p.partnerRemove(), p.partnerKnocks())
	addSettings(cmd.PersistentFlags())
	return cmd
}

func (p *program) partnerAllow() *cobra.Command {
	cmd := p.command("allow HOST", "Make a host a partner",
		`Makes a host a partner, or changes the note on one. HOST is the exact host of its
addresses; a subdomain is another host. Then asks it which software it runs.

This is your word alone, which every software understands: what its people may do here
is what you let them (--let), and nothing says that the other side keeps to anything.
With an Entente instance, 'entente partner propose' makes an agreement of both.

What can be let: `+words(agreement.Words())+`, or all.
Without --let it is: `+words(agreement.Narrowest().Words)+`.`,
		`  entente partner allow globex.example --note "joint project, until June"
  entente partner allow forum.example --let profile,follow,comment`)
	cmd.Args = takes("HOST")
	note := cmd.Flags().String("note", "", "why, for your own people")
	lets := cmd.Flags().StringSlice("let", nil, "what its people may do here: words, or all")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			host, err := i.partnerHost(args[0])
			if err != nil {
				return err
			}
			var may []agreement.Word
			if may, err = agreement.ReadWords(*lets); err != nil {
				return wrong(err)
			}
			a := allowance{lets: may}
			if cmd.Flags().Changed("note") {
				a.note = note
			}
			said, err := i.allowPartner(ctx, host, a)
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

// allowance is what 'partner allow' says; what is nil stays as it is.
type allowance struct {
	note *string
	lets []agreement.Word
}

// allowPartner makes host a partner by our word alone and says what changed.
func (i *instance) allowPartner(ctx context.Context, host string, a allowance) (said string, err error) {
	return said, i.db.InTx(ctx, func(tx *store.Tx) error {
		was, known, err := activity.Optional(tx.Partner(ctx, host))
		switch {
		case err != nil:
			return err
		case was.Agreement != "":
			return wrong(errors.New(host + " is a partner by an agreement: 'entente partner narrow' changes what it may do"))
		case !known:
			was = store.Partner{Host: host, Lets: agreement.Narrowest().Raw(), Takes: agreement.Everything().Raw()}
		}
		now := was
		if a.note != nil {
			now.Note = *a.note
		}
		details := map[string]string{"note": now.Note}
		if lets := (agreement.Grant{Words: a.lets, People: agreement.Everyone()}); a.lets != nil && !lets.Is(was.Lets) {
			now.Lets = lets.Raw()
			details["lets"] = words(a.lets)
		}
		said = i.allowed(ctx, tx, known, was, now, details)
		return tx.PutPartner(ctx, now)
	})
}

// allowed says what is new about a partner, also to the audit log.
func (i *instance) allowed(ctx context.Context, tx *store.Tx, known bool, was, now store.Partner, details map[string]string) (said string) {
	decision := store.Decision{What: "partner.allowed", About: now.Host, Details: details}
	switch {
	case !known:
		said = now.Host + " is a partner now."
	case details["lets"] != "":
		said = now.Host + " was a partner already; what its people may do is new."
	case was.Note != now.Note:
		decision.What = "partner.noted"
		said = now.Host + " was a partner already; its note is new."
	default:
		return now.Host + " was a partner already; nothing has changed."
	}
	tx.Audit(ctx, decision)
	if i.service.Gate().Open() {
		said += " (ENTENTE_FEDERATION is open: whoever is no partner may speak with us too.)"
	}
	return said
}

// words lists words for a text of help.
func words(all []agreement.Word) string {
	texts := make([]string, len(all))
	for n, w := range all {
		texts[n] = string(w)
	}
	return strings.Join(texts, ", ")
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

func (p *program) partnerList() *cobra.Command {
	cmd := p.command("list", "List the partners", `Lists the hosts that this instance speaks with, on what that rests, and what they say
that they run; and those with which an agreement is not in force.`, `  entente partner list`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			partners, err := i.db.Partners(ctx)
			if err != nil {
				return err
			}
			agreements, err := i.service.Partnerships().List(ctx)
			if err != nil {
				return err
			}
			head := []string{"HOST", "SINCE", "BY", "STATE", "RUNS", "NOTE"}
			return table(p.out, "There are no partners yet: see 'entente partner propose --help'.", head, partnerRows(partners, agreements))
		})
	}
	return cmd
}

func partnerRows(partners []store.Partner, agreements []partnership.Standing) (rows [][]string) {
	states := map[string]string{}
	for _, s := range agreements {
		if s.State != partnership.StateAllowed {
			states[s.Host] = called(s.State)
		}
	}
	for _, pa := range partners {
		by, state := "agreement", states[pa.Host]
		if pa.Agreement == "" {
			by = "our word (unverified enforcement)"
			if pa.Suspended {
				state = "suspended: restored from a backup, 'entente partner resume' confirms it"
			}
		}
		delete(states, pa.Host)
		rows = append(rows, []string{pa.Host, moment(pa.AllowedAt), by, cmp.Or(state, "-"), remote.Software{Name: pa.Software, Version: pa.Version}.String(), pa.Note})
	}
	for _, s := range agreements {
		if state := states[s.Host]; state != "" {
			rows = append(rows, []string{s.Host, "-", "-", state, "", ""})
		}
	}
	return rows
}

func (p *program) partnerRemove() *cobra.Command {
	cmd := p.command("remove HOST", "Shut a host out",
		`Shuts a partner by our word alone out at once, in both directions. What waits to be
delivered to it is dropped; what it has sent stays. An agreement is suspended, ended or
revoked instead.`,
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
		p, _, err := activity.Optional(tx.Partner(ctx, host))
		if err == nil && p.Agreement != "" {
			err = wrong(fmt.Errorf("there is an agreement with %[1]s, which counts until it is ended: 'entente partner suspend %[1]s' stops everything for now, 'entente partner end %[1]s' in good order, 'entente partner revoke %[1]s' at once and for good", host))
		}
		if err != nil {
			return err
		}
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
