package federation

import (
	"context"
	"crypto/ed25519"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/proof"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// The names of an actor's first keys, behind its id. Those of later ones go on
// with "-" and a number that is never used again.
const (
	firstRSA     = "#main-key"
	firstEd25519 = "#ed25519-key"
)

// newKeys makes the keys of these kinds for an actor of ours, and lists them in
// its document: of RSA only the new one, since others fail on a list, of Ed25519
// the new one first. later is what their names end with.
func (s *Service) newKeys(actor *store.Actor, later string, kinds ...string) ([]store.Secret, error) {
	var secrets []store.Secret
	for _, kind := range kinds {
		secret := store.Secret{Actor: actor.Key, Kind: kind}
		var err error
		if kind == store.RSA {
			secret.KeyID = actor.ID + activity.ID(firstRSA+later)
			secret.PEM, err = s.newRSA(actor, secret.KeyID)
		} else {
			secret.KeyID = actor.ID + activity.ID(firstEd25519+later)
			secret.PEM, err = newEd25519(actor, secret.KeyID)
		}
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}

func (s *Service) newRSA(actor *store.Actor, id activity.ID) (string, error) {
	key, err := s.newKey()
	if err != nil {
		return "", err
	}
	actor.PublicKey = activity.List[activity.PublicKey]{{ID: id, Owner: actor.ID, PEM: httpsign.EncodePublicKey(&key.PublicKey)}}
	return httpsign.EncodePrivateKey(key)
}

func newEd25519(actor *store.Actor, id activity.ID) (string, error) {
	key, err := httpsign.NewEd25519()
	if err != nil {
		return "", err
	}
	public := activity.Multikey{ID: id, Type: "Multikey", Controller: actor.ID, Value: httpsign.EncodeMultikey(key.Public().(ed25519.PublicKey))}
	actor.AssertionMethod = append(activity.List[activity.Multikey]{public}, actor.AssertionMethod...)
	return httpsign.EncodePrivateKey(key)
}

// keepKeys writes new keys and the document that lists them. A key that another
// one has taken the place of in the meantime is a Conflict.
func keepKeys(ctx context.Context, tx *store.Tx, actor store.Actor, secrets []store.Secret) (store.Actor, error) {
	for _, secret := range secrets {
		if ok, err := tx.PutSecret(ctx, secret); err != nil {
			return actor, err
		} else if !ok {
			return actor, activity.Refuse(activity.Conflict, "key_exists", "%s has another key of this kind already", actor.ID)
		}
	}
	return tx.PutActor(ctx, actor)
}

// completeKeys gives actors from before there was Ed25519 the key that they lack.
// Processes that start at once share the work: each actor is somebody's turn.
func (s *Service) completeKeys(ctx context.Context) error {
	const batch = 200
	for {
		lacking, err := s.db.Keyless(ctx, store.Ed25519, batch)
		if err != nil || len(lacking) == 0 {
			return err
		}
		for _, a := range lacking {
			if err := s.db.InTx(ctx, func(tx *store.Tx) error { return s.completeKey(ctx, tx, a) }); err != nil {
				return err
			}
		}
	}
}

func (s *Service) completeKey(ctx context.Context, tx *store.Tx, a store.Actor) error {
	if err := tx.TakeTurns(ctx, a.ID); err != nil {
		return err
	}
	actor, err := tx.ActorByKey(ctx, a.Key)
	if err != nil {
		return err
	}
	_, has, err := activity.Optional(tx.Secret(ctx, a.Key, store.Ed25519))
	if err != nil || has { // another process was faster
		return err
	}
	secrets, err := s.newKeys(&actor, "", store.Ed25519)
	if err != nil {
		return err
	}
	_, err = keepKeys(ctx, tx, actor, secrets)
	return err
}

// prove adds the proof of its actor to an activity of ours (FEP-8b32). Every
// activity has one, made once and kept with it: whoever gets it from a third
// hand, as when a group announces what a member did, can believe it without
// asking us. In groups that are not for everybody nobody could ask: we would
// have to know each reader. So what is embedded in an Announce stays as it was
// signed, its @context too (see carried).
//
// An actor that has no Ed25519 key yet, made by an older version that runs beside
// this one, signs without; the next start gives it one.
func (s *Service) prove(ctx context.Context, tx *store.Tx, actor store.Actor, raw json.RawMessage) (json.RawMessage, error) {
	secret, has, err := activity.Optional(tx.Secret(ctx, actor.Key, store.Ed25519))
	if err != nil || !has {
		return raw, err
	}
	key, err := httpsign.ParsePrivateKey(secret.PEM)
	if err != nil {
		return nil, err
	}
	return proof.Sign(raw, httpsign.Signer{KeyID: secret.KeyID, Key: key}, tx.Now)
}

// Document is an actor of ours as others see it.
func Document(a store.Actor) activity.Actor {
	doc := a.Actor
	doc.Context, doc.Generator = activity.Context, remote.Generator()
	return doc
}
