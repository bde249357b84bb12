package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"entente.example/entente/store"
)

func (p *program) memberLink() *cobra.Command {
	return p.identityCommand("link USERNAME", "Let somebody sign in with an identity",
		`Lets somebody sign in with an identity of the provider in ENTENTE_OIDC_ISSUER. The
subject is what the provider calls them for ever ("sub"); an e-mail address is not.`,
		`  entente member link alice --subject 248289761001`,
		"member.identity_linked", "%s may sign in with this identity.\n", (*store.Tx).Link)
}

func (p *program) memberUnlink() *cobra.Command {
	return p.identityCommand("unlink USERNAME", "Take an identity away from somebody",
		`Takes an identity away from somebody; their sessions end. They keep their password.`,
		`  entente member unlink alice --subject 248289761001`,
		"member.identity_unlinked", "%s can no longer sign in with this identity; sessions have ended.\n", (*store.Tx).Unlink)
}

func (p *program) identityCommand(use, short, long, example, what, say string, change func(*store.Tx, context.Context, string, string, store.Key) error) *cobra.Command {
	cmd := p.command(use, short, long, example)
	cmd.Args = takes("USERNAME")
	issuer := cmd.Flags().String("issuer", "", "the provider, if it is not the one in ENTENTE_OIDC_ISSUER")
	subject := cmd.Flags().String("subject", "", "what the provider calls them (sub)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			if *issuer == "" {
				*issuer = i.OIDCIssuer
			}
			if *issuer == "" || *subject == "" {
				return wrong(errors.New("--subject is needed, and --issuer or ENTENTE_OIDC_ISSUER"))
			}
			actor, _, err := i.member(ctx, args[0])
			if err != nil {
				return err
			}
			d := store.Decision{What: what, About: string(actor.ID), Details: map[string]string{"issuer": *issuer, "subject": *subject}}
			err = i.decide(ctx, d, func(tx *store.Tx) error { return change(tx, ctx, *issuer, *subject, actor.Key) })
			if err == nil {
				fmt.Fprintf(p.out, say, i.service.Handle(actor))
			}
			return err
		})
	}
	return cmd
}
