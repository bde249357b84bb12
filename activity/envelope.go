package activity

import "encoding/json"

// Context is the @context of everything that we write. It is never processed:
// other software compares the first string literally.
var Context = json.RawMessage(`["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",` +
	`"https://w3id.org/security/data-integrity/v1","https://www.w3.org/ns/did/v1","https://w3id.org/security/multikey/v1",` +
	`{"manuallyApprovesFollowers":"as:manuallyApprovesFollowers","sensitive":"as:sensitive","Hashtag":"as:Hashtag",` +
	`"ostatus":"http://ostatus.org#","conversation":"ostatus:conversation",` +
	`"toot":"http://joinmastodon.org/ns#","featured":{"@id":"toot:featured","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable",` +
	`"votersCount":"toot:votersCount","blurhash":"toot:blurhash","focalPoint":{"@container":"@list","@id":"toot:focalPoint"},"Emoji":"toot:Emoji",` +
	`"misskey":"https://misskey-hub.net/ns#","_misskey_reaction":"misskey:_misskey_reaction","litepub":"http://litepub.social/ns#","EmojiReact":"litepub:EmojiReact",` +
	`"lemmy":"https://join-lemmy.org/ns#","postingRestrictedToMods":"lemmy:postingRestrictedToMods",` +
	`"sm":"http://smithereen.software/ns#","accessType":"sm:accessType",` +
	`"implements":{"@id":"https://w3id.org/fep/844e/implements","@type":"@id"},` +
	`"gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},` +
	`"canLike":{"@id":"gts:canLike","@type":"@id"},"canReply":{"@id":"gts:canReply","@type":"@id"},"canAnnounce":{"@id":"gts:canAnnounce","@type":"@id"},` +
	`"canQuote":{"@id":"gts:canQuote","@type":"@id"},"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},` +
	`"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},` +
	`"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},"replyAuthorization":{"@id":"gts:replyAuthorization","@type":"@id"},` +
	`"fep044f":"https://w3id.org/fep/044f#","quote":{"@id":"fep044f:quote","@type":"@id"},"quoteAuthorization":{"@id":"fep044f:quoteAuthorization","@type":"@id"},` +
	`"QuoteRequest":"fep044f:QuoteRequest","QuoteAuthorization":"fep044f:QuoteAuthorization","quoteUrl":"as:quoteUrl",` +
	`"quoteUri":"http://fedibird.com/ns#quoteUri","_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote",` +
	`"webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger",` +
	`"ent":"https://entente.example/ns#","card":"ent:card","companies":"ent:companies","host":"ent:host","level":"ent:level"}]`)

// Envelope is what every activity carries (ActivityStreams §2.2).
type Envelope struct {
	Context         json.RawMessage `json:"@context,omitempty"`
	ID              ID              `json:"id,omitempty"`
	Type            string          `json:"type"`
	Actor           Ref             `json:"actor"`
	Object          Ref             `json:"object,omitzero"`
	Target          Ref             `json:"target,omitzero"`
	Instrument      Ref             `json:"instrument,omitzero"`
	Result          Ref             `json:"result,omitzero"`
	Published       Time            `json:"published,omitzero"`
	Content         Text            `json:"content,omitempty"` // as sent: an emoji, the words of a report
	Summary         Text            `json:"summary,omitempty"` // as sent: why a moderator did it
	Tag             List[Tag]       `json:"tag,omitempty"`     // what the content names
	MisskeyReaction Text            `json:"_misskey_reaction,omitempty"`
	Card            json.RawMessage `json:"card,omitempty"`      // of who says it, in a group elsewhere
	Companies       List[Text]      `json:"companies,omitempty"` // hosts in the group that announces it, of those named in it
	Audience
}

// Head gives the envelope itself: every activity embeds one.
func (e *Envelope) Head() *Envelope { return e }

// ReadEnvelope parses the envelope of an activity and refuses (Invalid) what
// cannot be one: no JSON object, no type, no actor, too deep, or with JSON-LD
// keywords that would make it mean something else to another reader. One that is
// addressed to too many is TooLarge.
func ReadEnvelope(raw json.RawMessage) (Envelope, error) {
	var e Envelope
	if err := CheckDocument(raw); err != nil {
		return e, err
	}
	type plain Envelope // whose type may be a list, and the id null
	w := struct {
		*plain
		ID   Text  `json:"id"`
		Type Names `json:"type"`
	}{plain: (*plain)(&e)}
	if err := json.Unmarshal(raw, &w); err != nil {
		return e, Because(Invalid, "not_an_activity", err, "this is not an ActivityStreams activity")
	}
	e.ID, e.Type = shortID(string(w.ID)), w.Type.First()
	switch {
	case e.Type == "":
		return e, Refuse(Invalid, "no_type", "an activity needs a type")
	case e.Actor.ID == "":
		return e, Refuse(Invalid, "no_actor", "an activity needs an actor")
	}
	if e.Actor.ID.Host() == "" {
		return e, Refuse(Invalid, "bad_id", "%.100q is not the http address of an actor", string(e.Actor.ID))
	}
	return e, e.Audience.check()
}
