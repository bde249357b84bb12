package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/partnership"
)

func (p *program) partnerShow() *cobra.Command {
	cmd := p.command("show [HOST]", "Show how agreements stand",
		`Shows how the agreement with HOST stands, or all of them: its terms, what each side has
decided alone and why, what follows from it now, what waits, and what to type next.
Of a partner by our word alone it shows what we let it; what it enforces, nobody has
verified.`,
		`  entente partner show
  entente partner show globex.example`)
	cmd.Args = cobra.MaximumNArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			if len(args) == 1 {
				return i.at(ctx, args[0], func(ctx context.Context, d *partnership.Desk, host string) error {
					s, err := d.Show(ctx, host)
					if err == nil {
						show(p.out, s)
					}
					return err
				})
			}
			all, err := i.service.Partnerships().List(ctx)
			if err == nil && len(all) == 0 {
				err = errors.New("there are no agreements yet: 'entente partner propose HOST' offers one")
			}
			for n, s := range all {
				if n > 0 {
					fmt.Fprintln(p.out)
				}
				show(p.out, s)
			}
			return err
		})
	}
	return cmd
}

// stands prints what an agreement lets, and what both sides have decided.
func stands(out io.Writer, s partnership.Standing) {
	fmt.Fprintf(out, "  agreement  %s\n", printable(string(s.Agreement)))
	if s.Until != nil {
		fmt.Fprintf(out, "  in force   from %s until %s\n", moment(timeOf(s.From)), moment(*s.Until))
	}
	fmt.Fprintf(out, "  they may   %s\n  we may     %s\n", granted(s.Lets), granted(s.Takes))
	fmt.Fprintf(out, "  this side  %s\n  that side  %s\n", decided(s.We), decided(s.They))
	fmt.Fprintf(out, "  words      %s\n  heard      %s\n", compared(s), moment(timeOf(s.HeardAt)))
	if isOn := s.State == agreement.StateActive || s.State == agreement.StateSuspended; !isOn && s.ExportBy != nil {
		fmt.Fprintf(out, "  take out   until %s, by 'entente partner export %s --to DIR'\n", moment(*s.ExportBy), s.Host)
	}
	if s.DeleteBy != nil {
		fmt.Fprintf(out, "  we deleted %s\n  they       %s\n", deleted(s.WeDeleted, *s.DeleteBy), deleted(s.TheyDeleted, *s.DeleteBy))
	}
}

// show prints how an agreement stands.
func show(out io.Writer, s partnership.Standing) {
	fmt.Fprintf(out, "%s: %s\n", s.Host, called(s.State))
	if s.Unverified {
		fmt.Fprintln(out, "  partner    by our word alone: unverified enforcement")
	}
	if s.Agreement != "" {
		stands(out, s)
	} else if s.Drafted == nil || s.Unverified {
		fmt.Fprintf(out, "  they may   %s\n", granted(s.Lets))
	}
	for _, group := range []struct {
		name  string
		texts []partnership.Text
	}{{"Terms in force", s.InForce}, {"They offer", s.Asked}, {"We have offered", s.Offered}, {"Prepared, and not offered yet", drafted(s)}} {
		for _, t := range group.texts {
			fmt.Fprintf(out, "%s:\n%s", group.name, text(t))
		}
	}
	var next []string
	for _, verb := range s.Next {
		next = append(next, "  entente partner "+verb+" "+s.Host)
	}
	if len(next) > 0 {
		fmt.Fprintf(out, "Next:\n%s\n", strings.Join(next, "\n"))
	}
}

func drafted(s partnership.Standing) []partnership.Text {
	if s.Drafted == nil {
		return nil
	}
	return []partnership.Text{*s.Drafted}
}

// text prints one version of terms.
func text(t partnership.Text) string {
	said := fmt.Sprintf("  version %d, from %s until %s\n  they may   %s\n  we may     %s\n  copies     %s within %d hours of the end, taken out for %d days; incidents told within %d hours\n",
		t.Version, moment(t.From), moment(t.Until), granted(t.Lets), granted(t.Takes), fate(t.Data.AtEnd), t.Data.DeleteWithin, t.Data.ExportFor, t.Data.IncidentWithin)
	if t.Reason != "" {
		said += "  because\n" + lines(t.Reason) + "\n"
	}
	return said
}

func fate(atEnd string) string {
	if atEnd == agreement.Keeps {
		return "kept as a record, or deleted on request"
	}
	return "deleted"
}

func called(s agreement.State) string { return strings.ReplaceAll(string(s), "_", " ") }

// whys are the reasons of registers as people say them.
var whys = map[agreement.Why]string{
	agreement.ByAdmin: "an admin has decided it", agreement.Declined: "the offer was declined", agreement.Withdrawn: "the offer was withdrawn",
	agreement.Lapsed: "nobody has answered in time", agreement.Crossed: "both had made an offer, the other one is kept", agreement.Expired: "its end was reached",
	agreement.Restored: "it was restored from a backup", agreement.KeyChange: "the other side has a new key that was not announced: compare the words",
	agreement.Unheard: "the other side was silent for too long",
}

// decided says what a side has decided alone.
func decided(s *partnership.Side) string {
	if s == nil {
		return "has decided nothing yet"
	}
	said := string(s.Mode) + " since " + moment(s.At)
	if why := whys[s.Why]; why != "" && (s.Mode != agreement.Live || s.Why != agreement.ByAdmin) {
		said += ", because " + why
	}
	if s.Reason != "" {
		said += fmt.Sprintf(": %q", s.Reason)
	}
	if !s.Lets.Is(agreement.Everything().Raw()) {
		said += "; lets at most: " + granted(s.Lets)
	}
	if !s.Takes.Is(agreement.Everything().Raw()) {
		said += "; takes at most: " + granted(s.Takes)
	}
	return printable(said)
}

func compared(s partnership.Standing) string {
	if s.ConfirmedAt == nil {
		return "not compared: entente partner verify " + s.Host
	}
	return "compared " + moment(*s.ConfirmedAt)
}

// deleted says what a side has deleted, by its receipt.
func deleted(d *partnership.Deleted, by time.Time) string {
	if d == nil {
		return "have given no receipt: it is due by " + moment(by)
	}
	return fmt.Sprintf("%s, %s and %s on %s; %s kept", count(d.Posts, "post", "posts"), count(d.Files, "file", "files"),
		count(d.Profiles, "profile", "profiles"), moment(d.At), count(d.Kept, "private message", "private messages"))
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
