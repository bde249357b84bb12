package federation

import (
	"context"
	"strconv"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// newActor gives a new actor of ours its addresses and its keys.
func (s *Service) newActor(ctx context.Context, tx *store.Tx, a activity.Actor) (store.Actor, error) {
	at := func(path string) activity.Ref { return activity.Ref{ID: a.ID + activity.ID(path)} }
	a.Inbox, a.Outbox = at("/inbox"), at("/outbox")
	a.Endpoints.SharedInbox = activity.Text(s.SharedInbox())
	a.Published = activity.At(tx.Now)
	if a.Type == "Application" {
		a.URL = activity.IDs{activity.ID(s.URL + "/")}
	} else {
		a.Followers, a.Following, a.Featured = at("/followers"), at("/following"), at("/featured")
		a.Webfinger = a.Username + "@" + activity.Text(s.Host)
		a.Endpoints.Authorization = activity.Text(s.URL + "/oauth/authorize")
		a.Endpoints.Token = activity.Text(s.URL + "/oauth/token")
		a.URL = activity.IDs{activity.ID(s.URL + "/@" + string(a.Username))}
	}
	actor, err := tx.PutActor(ctx, store.Actor{Actor: a, Host: s.Host, Local: true})
	if err != nil {
		return actor, err
	}
	secrets, err := s.newKeys(&actor, "", store.RSA, store.Ed25519)
	if err != nil {
		return actor, err
	}
	return keepKeys(ctx, tx, actor, secrets)
}

// nameFree refuses a username that is badly formed (Invalid) or taken (Conflict).
func nameFree(ctx context.Context, tx *store.Tx, username string) error {
	if err := activity.CheckUsername(username); err != nil {
		return err
	}
	_, known, err := activity.Optional(tx.ActorByHandle(ctx, username, ""))
	if err == nil && known {
		err = activity.Refuse(activity.Conflict, "username_taken", "the name %s is taken", username)
	}
	return err
}

// NewMember adds one of our people: m carries e-mail, password hash and rights.
// Invalid or taken names and addresses are refused.
func (s *Service) NewMember(ctx context.Context, m store.Member, username, name string) (store.Actor, error) {
	var actor store.Actor
	err := s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := nameFree(ctx, tx, username); err != nil {
			return err
		}
		var err error
		actor, err = s.newActor(ctx, tx, activity.Actor{ID: s.PersonID(username), Type: "Person",
			Username: activity.Text(username), Name: activity.Text(activity.PlainText(name))})
		if err != nil {
			return err
		}
		m.Actor = actor.Key
		tx.Audit(ctx, store.Decision{What: "member.added", About: string(actor.ID), Details: map[string]string{"admin": strconv.FormatBool(m.Admin)}})
		return tx.PutMember(ctx, m)
	})
	return actor, err
}
