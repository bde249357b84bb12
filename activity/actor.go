package activity

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"entente.example/entente/activity/limits"
)

// Actor is a person, a group or the instance itself (ActivityPub §4.1), with
// the properties that all known software asks for (interop: FEP-2c59, toot:).
type Actor struct {
	Context                 json.RawMessage  `json:"@context,omitempty"`
	ID                      ID               `json:"id"`
	Type                    string           `json:"type"`
	Username                Text             `json:"preferredUsername,omitempty"`
	Name                    Text             `json:"name,omitempty"`
	Summary                 Text             `json:"summary,omitempty"` // sanitised HTML
	URL                     IDs              `json:"url,omitempty"`
	Inbox                   Ref              `json:"inbox,omitzero"`
	Outbox                  Ref              `json:"outbox,omitzero"`
	Followers               Ref              `json:"followers,omitzero"`
	Following               Ref              `json:"following,omitzero"`
	Featured                Ref              `json:"featured,omitzero"`
	Wall                    Ref              `json:"wall,omitzero"`        // what others wrote to it (FEP-400e)
	KeyPackages             Ref              `json:"keyPackages,omitzero"` // for end-to-end encryption (MLS)
	Endpoints               Endpoints        `json:"endpoints,omitzero"`
	PublicKey               List[PublicKey]  `json:"publicKey,omitempty"`
	AssertionMethod         List[Multikey]   `json:"assertionMethod,omitempty"` // a list, even of one
	Generator               *Generator       `json:"generator,omitempty"`
	ManuallyApproves        Flag             `json:"manuallyApprovesFollowers"`
	Discoverable            Flag             `json:"discoverable,omitempty"`
	Indexable               Flag             `json:"indexable,omitempty"`
	Published               Time             `json:"published,omitzero"`
	Updated                 Time             `json:"updated,omitzero"`
	Icon                    List[Attachment] `json:"icon,omitempty"`
	Image                   List[Attachment] `json:"image,omitempty"`
	Fields                  List[Field]      `json:"attachment,omitempty"`
	Tag                     List[Tag]        `json:"tag,omitempty"`
	AlsoKnownAs             IDs              `json:"alsoKnownAs,omitempty"`
	MovedTo                 Ref              `json:"movedTo,omitzero"`
	Webfinger               Text             `json:"webfinger,omitempty"`
	AttributedTo            IDs              `json:"attributedTo,omitempty"` // a group's moderators
	PostingRestrictedToMods Flag             `json:"postingRestrictedToMods,omitempty"`
	AccessType              Text             `json:"accessType,omitempty"` // of a group: see Access
	Streams                 List[Topic]      `json:"streams,omitempty"`    // of a group: its topics
	Companies               Seats            `json:"companies,omitempty"`  // of a group, for companies that take part in it
	Succession              json.RawMessage  `json:"succession,omitempty"` // of a group, for the companies in it: see package succession
}

// Endpoints are the server-wide addresses of an actor.
type Endpoints struct {
	SharedInbox   Text `json:"sharedInbox,omitempty"`
	Authorization Text `json:"oauthAuthorizationEndpoint,omitempty"`
	Token         Text `json:"oauthTokenEndpoint,omitempty"`
}

// UnmarshalJSON reads an object; anything else (some send a list) is empty.
func (e *Endpoints) UnmarshalJSON(b []byte) error {
	type plain Endpoints
	var p plain
	if json.Unmarshal(b, &p) != nil {
		p = plain{}
	}
	*e = Endpoints(p)
	return nil
}

// actorTypes are the five types of ActivityStreams §3.1 (vocabulary).
var actorTypes = []string{"Person", "Service", "Group", "Organization", "Application"}

// IsActorType says whether objects of this type can act.
func IsActorType(t string) bool { return slices.Contains(actorTypes, t) }

// ReadActor parses an actor as others send it and refuses (Invalid) one that
// could not be spoken to: no http id, no inbox on its own origin, no name to call
// it by, or a key that belongs to somebody else.
func ReadActor(raw json.RawMessage) (Actor, error) {
	var a Actor
	if err := CheckDocument(raw); err != nil {
		return a, err
	}
	types := typesOf(raw)
	at := slices.IndexFunc(types, IsActorType)
	if at < 0 {
		return a, Refuse(Invalid, "not_an_actor", "this is not an actor")
	}
	type plain Actor
	w := struct {
		*plain
		Type       Names      `json:"type"`
		NameMap    contentMap `json:"nameMap"`
		SummaryMap contentMap `json:"summaryMap"`
	}{plain: (*plain)(&a)}
	if err := json.Unmarshal(raw, &w); err != nil {
		return a, Because(Invalid, "not_an_actor", err, "this actor cannot be read")
	}
	a.Name, a.Summary = cmp.Or(a.Name, w.NameMap.first), cmp.Or(a.Summary, w.SummaryMap.first)
	a.Type = types[at]
	a.clean()
	return a, a.check()
}

// clean keeps what may be stored and shown: no markup that runs, no more than the
// limits, nothing of another origin and no JSON as it was sent, which Postgres may
// not take.
func (a *Actor) clean() {
	if len(a.URL) > 0 && a.URL[0].Host() != a.ID.Host() {
		a.URL = nil // display only, and it must not look like someone else's
	}
	a.Name, a.Summary = name(a.Name), summary(a.Summary)
	a.Webfinger = Text(strings.TrimPrefix(string(a.Webfinger), "acct:"))
	if user, _, _ := strings.Cut(string(a.Webfinger), "@"); a.Username == "" { // FEP-2c59
		a.Username = Text(user)
	}
	a.Fields = slices.DeleteFunc(a.Fields, Field.isOther)
	a.Fields, a.Tag = head(a.Fields, limits.Entries), head(a.Tag, limits.Tags)
	a.Icon, a.Image, a.PublicKey = files(a.Icon), files(a.Image), head(a.PublicKey, limits.Keys)
	a.AssertionMethod, a.Streams, a.Companies = a.ownKeys(), a.topics(), a.seats()
	if a.Generator != nil {
		a.Generator.Name, a.Generator.Implements = name(a.Generator.Name), head(a.Generator.Implements, limits.Entries)
	}
	for i, f := range a.Fields {
		a.Fields[i].Name = cut(Text(PlainText(string(f.Name))), limits.Field)
		a.Fields[i].Value = Text(Sanitise(string(cut(f.Value, limits.Field))))
	}
	a.Context, a.Succession, a.Inbox.Raw, a.MovedTo.Raw, a.Wall.Raw, a.KeyPackages.Raw = nil, nil, nil, nil, nil, nil
	a.disown()
}

func (a Actor) check() error {
	if _, err := a.ID.URL(); err != nil {
		return err
	}
	if !SameOrigin(a.ID, a.Inbox.ID) {
		return Refuse(Invalid, "foreign_inbox", "the inbox of %.200s is missing or on another host", a.ID)
	}
	if err := a.checkName(); err != nil {
		return err
	}
	for _, f := range a.Fields {
		if f.Type == "" {
			return Refuse(Invalid, "bad_attachment", "%.200s has an attachment without a type", a.ID)
		}
	}
	return a.checkKeys()
}

// Introduce keeps of an actor that another document speaks of what may be stored and
// shown, and refuses (Invalid) one that cannot be called by a name.
func (a *Actor) Introduce() error {
	a.clean()
	return a.checkName()
}

func (a Actor) checkName() error {
	if a.Username == "" {
		return Refuse(Invalid, "nameless_actor", "%.200s has no preferredUsername", a.ID)
	}
	if len(a.Username) > limits.Username {
		return Refuse(Invalid, "long_username", "a preferredUsername has at most %d bytes", limits.Username)
	}
	if string(a.Username) != a.ID.Host() && !isMentionable(string(a.Username)) {
		return Refuse(Invalid, "bad_username", "a preferredUsername has letters of one script, digits and _, and . or - only between them (got %.50q)", a.Username)
	}
	return nil
}

// disown drops collections and a shared inbox on another origin: nobody there
// has said that they speak for this actor.
func (a *Actor) disown() {
	for _, c := range []*Ref{&a.Outbox, &a.Followers, &a.Following, &a.Featured} {
		if !SameOrigin(a.ID, c.ID) {
			*c = Ref{}
		}
		c.Raw = nil
	}
	if !SameOrigin(a.ID, ID(a.Endpoints.SharedInbox)) {
		a.Endpoints.SharedInbox = ""
	}
}

// Page is the address of the actor's profile page, its id when none is given.
func (a Actor) Page() ID {
	return webPage(a.URL, a.ID)
}

// webPage is the first of the addresses if a browser can go there, else the id.
func webPage(at IDs, id ID) ID {
	if _, err := at.First().URL(); err == nil {
		return at.First()
	}
	return id
}

// DisplayName is the name, else the username.
func (a Actor) DisplayName() string {
	if a.Name != "" {
		return string(a.Name)
	}
	return string(a.Username)
}

// SharedInbox is where to deliver what many people of that host should get.
func (a Actor) SharedInbox() string {
	if a.Endpoints.SharedInbox != "" {
		return string(a.Endpoints.SharedInbox)
	}
	return string(a.Inbox.ID)
}
