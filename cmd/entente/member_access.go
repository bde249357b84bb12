package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/grant"
)

func (p *program) memberLock() *cobra.Command {
	cmd := p.command("lock USERNAME", "Keep somebody out",
		`Keeps somebody out at once: sessions and access tokens end. They leave every group and
follow nobody any more, here and at each partner: one that is away hears that first. A
group of theirs goes to who looks after it with them. What they wrote stays.`,
		`  entente member lock alice`)
	cmd.Args = takes("USERNAME")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.changeMember(cmd, args[0], "member.locked", "%s is locked: sessions and tokens have ended.\n", (*store.Tx).Lock)
	}
	return cmd
}

func (p *program) memberUnlock() *cobra.Command {
	cmd := p.command("unlock USERNAME", "Let somebody in again", "Lets somebody in again who was locked. They sign in anew and join their groups anew; apps need new tokens.",
		`  entente member unlock alice`)
	cmd.Args = takes("USERNAME")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.changeMember(cmd, args[0], "member.unlocked", "%s may sign in again.\n", (*store.Tx).Unlock)
	}
	return cmd
}

func (p *program) memberDelete() *cobra.Command {
	cmd := p.command("delete USERNAME", "Delete somebody for good",
		`Deletes somebody who will not come back: they are kept out at once, leave every group as
after 'entente member lock', and then what they wrote is deleted, here and at each partner,
with their profile, address and uploads. The name is not given to anybody else. This
cannot be undone: to keep what they wrote, lock them.`,
		`  entente member delete alice --yes`)
	cmd.Args = takes("USERNAME")
	yes := addYes(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := p.sure(cmd, *yes, args[0]); err != nil {
			return err
		}
		return p.changeMember(cmd, args[0], "member.deleted", "%s is locked, and is deleted as soon as a worker comes to it.\n", (*store.Tx).LockForGood)
	}
	return cmd
}

func (p *program) changeMember(cmd *cobra.Command, name, what, say string, change func(*store.Tx, context.Context, store.Key) error) error {
	return p.on(cmd, func(ctx context.Context, i *instance) error {
		actor, _, err := i.member(ctx, name)
		if err != nil {
			return err
		}
		err = i.decide(ctx, store.Decision{What: what, About: string(actor.ID)}, func(tx *store.Tx) error { return change(tx, ctx, actor.Key) })
		if err == nil {
			fmt.Fprintf(p.out, say, i.service.Handle(actor))
		}
		return err
	})
}

func (p *program) memberToken() *cobra.Command {
	cmd := p.command("token USERNAME", "Make an access token for scripts",
		`Makes an OAuth access token with which a script acts as this person, and prints
the token and nothing else. 'entente member lock' ends it. With the scopes admin:read
and admin:write the script of an admin makes agreements with other companies: see
/api/entente/v1/partners/openapi.json. No app can ask for these.`,
		`  token=$(entente member token alice --scopes "read write follow")
  curl -H "Authorization: Bearer $token" https://acme.example/api/v1/accounts/verify_credentials`)
	cmd.Args = takes("USERNAME")
	asked := cmd.Flags().String("scopes", "read", "what the token allows, with spaces between")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		scopes, err := grant.ReadOperatorScopes(*asked)
		if err != nil {
			return wrong(err)
		}
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			token, err := i.newToken(ctx, args[0], scopes)
			if err == nil {
				fmt.Fprintln(p.out, token)
			}
			return err
		})
	}
	return cmd
}

// scriptsApp is the client id of the app that tokens for scripts belong to.
const scriptsApp = "entente-member-token"

func (i *instance) newToken(ctx context.Context, name string, scopes []string) (token string, err error) {
	actor, member, err := i.member(ctx, name)
	if err != nil {
		return "", err
	}
	if member.Locked() {
		return "", fmt.Errorf("%s is locked: see 'entente member unlock --help'", i.service.Handle(actor))
	}
	token = store.NewSecret()
	d := store.Decision{What: "member.token_made", About: string(actor.ID), Details: map[string]string{"scopes": strings.Join(scopes, " ")}}
	return token, i.decide(ctx, d, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, scriptsApp); err != nil { // the first two may come at once
			return err
		}
		app, err := tx.App(ctx, scriptsApp)
		if err != nil && activity.KindOf(err) == activity.NotFound {
			app, err = tx.PutApp(ctx, store.App{ClientID: scriptsApp, Name: "entente member token", Secret: store.Hash(store.NewSecret()),
				RedirectURIs: []string{}, Scopes: strings.Fields("read write follow")})
		}
		if err != nil {
			return err
		}
		return tx.PutToken(ctx, store.Token{Hash: store.Hash(token), App: app.Key, Member: actor.Key, Scopes: scopes})
	})
}
