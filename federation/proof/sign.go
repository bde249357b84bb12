package proof

import (
	"crypto/ed25519"
	"encoding/json"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/canonical"
	"entente.example/entente/federation/httpsign"
)

// The contexts that say to readers of JSON-LD what a proof is; the second is the
// one that we add where there is none of them.
const (
	dataIntegrityV1 = `"https://w3id.org/security/data-integrity/v1"`
	dataIntegrityV2 = `"https://w3id.org/security/data-integrity/v2"`
)

// Sign adds a proof to a document, by a key of Ed25519 (FEP-8b32), and gives it back in
// canonical form. An earlier proof or Linked Data Signature is taken out. Where the
// document has an @context, the one of proofs is added to it.
// Nothing may be changed afterwards. The error is an Internal fault,
// "no_signing_key" or "cannot_sign".
func Sign(doc json.RawMessage, by httpsign.Signer, now time.Time) (json.RawMessage, error) {
	key, isEd := by.Key.(ed25519.PrivateKey)
	if !isEd || len(key) != ed25519.PrivateKeySize || by.KeyID == "" {
		return nil, activity.Refuse(activity.Internal, "no_signing_key", "there is no key to sign this with")
	}
	signed, err := sign(doc, by.KeyID, key, now)
	if err != nil {
		return nil, activity.Because(activity.Internal, "cannot_sign", err, "this document could not be signed")
	}
	return signed, nil
}

func sign(doc json.RawMessage, id activity.ID, key ed25519.PrivateKey, now time.Time) (json.RawMessage, error) {
	all, err := open(doc)
	if err != nil {
		return nil, err
	}
	delete(all, lds)
	if err := all.explainProofs(); err != nil {
		return nil, err
	}
	given := properties{}
	if all[contextName] != nil {
		given[contextName] = all[contextName]
	}
	for name, text := range map[string]string{
		"type": kind, "cryptosuite": suite, "proofPurpose": purpose,
		"verificationMethod": string(id), "created": now.UTC().Format(time.RFC3339),
	} {
		if given[name], err = canonical.Of(text); err != nil {
			return nil, err
		}
	}
	hash, err := all.hash(given)
	if err != nil {
		return nil, err
	}
	if given[valueName], err = canonical.Of(httpsign.EncodeMultibase(ed25519.Sign(key, hash))); err != nil {
		return nil, err
	}
	if all[proofName], err = given.without(); err != nil {
		return nil, err
	}
	return all.without()
}

// explainProofs adds to @context the one of proofs.
func (all properties) explainProofs() (err error) {
	entries := listOf(all[contextName])
	for _, entry := range entries {
		if string(entry) == dataIntegrityV1 || string(entry) == dataIntegrityV2 {
			return nil
		}
	}
	if all[contextName] != nil {
		all[contextName], err = canonical.Of(append(entries, json.RawMessage(dataIntegrityV2)))
	}
	return err
}
