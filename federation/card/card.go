// Package card is what a company says of one of its people to companies that it has no
// agreement with: who that is and by which keys they sign, in one group, for a while. The
// card is signed by the instance actor of the company, so that the host of the group can
// pass it on and cannot make one up.
package card

import (
	"encoding/json"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/proof"
)

const kind = "MemberCard"

// context says to readers of JSON-LD what the words of a card mean.
var context = json.RawMessage(`["https://www.w3.org/ns/activitystreams","https://w3id.org/security/data-integrity/v1","https://w3id.org/security/multikey/v1",` +
	`{"ent":"https://entente.example/ns#","MemberCard":"ent:MemberCard","group":{"@id":"ent:group","@type":"@id"},"issued":"ent:issued","expires":"ent:expires"}]`)

// Card is one, without its proof.
type Card struct {
	Context  json.RawMessage                  `json:"@context"`
	Type     string                           `json:"type"`
	Actor    activity.ID                      `json:"actor"`
	Group    activity.ID                      `json:"group"`
	Username activity.Text                    `json:"preferredUsername"`
	Name     activity.Text                    `json:"name,omitempty"`
	Keys     activity.List[activity.Multikey] `json:"assertionMethod"`
	Issued   activity.Time                    `json:"issued"`
	Expires  activity.Time                    `json:"expires"`
}

// Issue makes the card of who in a group, signed by the instance actor of their company.
func Issue(who activity.Actor, group activity.ID, by httpsign.Signer, now time.Time) (json.RawMessage, error) {
	raw, err := json.Marshal(Card{Context: context, Type: kind, Actor: who.ID, Group: group, Username: who.Username, Name: who.Name,
		Keys: who.AssertionMethod, Issued: activity.At(now), Expires: activity.At(now.Add(limits.CardLife))})
	if err != nil {
		return nil, err
	}
	return proof.Sign(raw, by, now)
}

// Read reads a card that somebody shows in a group, and says by whom it claims to be. It is
// believed once the proof is verified with the key of that instance actor. Refusals are
// Unauthenticated: "no_card", "card_malformed", "card_wrong_actor", "card_wrong_group",
// "card_expired", "card_wrong_issuer"; or those of the proof.
func Read(raw json.RawMessage, who, group activity.ID, now time.Time) (c Card, by proof.Proof, err error) {
	if raw == nil {
		return c, by, reject("no_card", "the company of %s has no agreement with this one: what they say in a group comes with a card of their company", who)
	}
	by, signed, err := proof.Read(raw)
	if err != nil {
		return c, by, err
	}
	if json.Unmarshal(raw, &c) != nil || !signed || c.Type != kind {
		return c, by, reject("card_malformed", "a card is a %s with the proof of the company that has issued it", kind)
	}
	if err := c.check(by.KeyID, who, group, now); err != nil {
		return c, by, err
	}
	return c, by, c.introduce()
}

func (c Card) check(by, who, group activity.ID, now time.Time) error {
	switch {
	case c.Actor != who || who == Issuer(who): // which would say by its own key which keys it has
		return reject("card_wrong_actor", "the card is of %s: a member shows their own, and an instance has none", c.Actor)
	case c.Group != group:
		return reject("card_wrong_group", "the card is for another group: it counts in that one alone")
	case by.WithoutFragment() != Issuer(who):
		return reject("card_wrong_issuer", "the card of %s is signed by the instance actor of their own host, %s", who, Issuer(who))
	case now.After(c.Expires.Time) || now.After(c.Issued.Add(limits.CardLife+limits.ClockSkew)) || c.Issued.After(now.Add(limits.ClockSkew)):
		return reject("card_expired", "the card counted from %s until %s, and no card counts longer than %s: let its company issue a new one", c.Issued.Format(time.RFC3339), c.Expires.Format(time.RFC3339), limits.CardLife)
	}
	return nil
}

// introduce leaves of a card what may be kept and shown.
func (c *Card) introduce() error {
	a := c.Person()
	if err := a.Introduce(); err != nil || len(a.AssertionMethod) == 0 {
		return reject("card_malformed", "a card has the preferredUsername of its member, and the keys by which they sign")
	}
	c.Name, c.Keys = a.Name, a.AssertionMethod
	return nil
}

// Person is who the card is of: nobody who could be written to.
func (c Card) Person() activity.Actor {
	return activity.Actor{ID: c.Actor, Type: "Person", Username: c.Username, Name: c.Name, AssertionMethod: c.Keys}
}

// Issuer is the instance actor that issues the cards of somebody: it has the same address
// at every host, so that nothing else is ever asked for there.
func Issuer(who activity.ID) activity.ID {
	u, err := who.URL()
	if err != nil {
		return ""
	}
	return activity.ID(u.Scheme + "://" + u.Host + "/actor")
}

func reject(reason, say string, args ...any) error {
	return activity.Refuse(activity.Unauthenticated, reason, say, args...)
}
