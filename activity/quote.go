package activity

import (
	"encoding/json"
	"slices"
	"strings"

	"entente.example/entente/activity/limits"
)

// Quoting is the other post that a note quotes (FEP-044f), and what its author
// says to that. Reading gives only Quote, whichever of the names it came under;
// writing fills them all, since each is read by somebody.
type Quoting struct {
	Quote              Ref `json:"quote,omitzero"`
	QuoteURI           Ref `json:"quoteUri,omitzero"`           // Fedibird, Akkoma
	QuoteURL           Ref `json:"quoteUrl,omitzero"`           // Misskey, Pleroma
	MisskeyQuote       Ref `json:"_misskey_quote,omitzero"`     // Misskey
	QuoteAuthorization Ref `json:"quoteAuthorization,omitzero"` // the stamp, on the host of the quoted author
}

// everywhere is the quoted post under each of its names.
func (q Quoting) everywhere() Quoting {
	q.QuoteURI, q.QuoteURL, q.MisskeyQuote = q.Quote, q.Quote, q.Quote
	return q
}

// settle keeps what was quoted under one name.
func (q *Quoting) settle(tags []Tag) {
	for _, r := range []Ref{q.QuoteURI, q.QuoteURL, q.MisskeyQuote, quoteLink(tags)} {
		if q.Quote.ID == "" {
			q.Quote = r
		}
	}
	stamp := Ref{ID: q.QuoteAuthorization.ID}
	if _, err := q.Quote.ID.URL(); err != nil {
		*q = Quoting{}
		return
	}
	*q = Quoting{Quote: Ref{ID: q.Quote.ID}, QuoteAuthorization: stamp}
}

// quoteLink is the object link that says of itself that it is a quote (FEP-e232).
func quoteLink(tags []Tag) Ref {
	for _, t := range tags {
		isObject := t.MediaType == "application/activity+json" || strings.HasPrefix(string(t.MediaType), "application/ld+json")
		isQuote := slices.ContainsFunc(t.Rel, func(rel string) bool { return strings.HasSuffix(rel, "#_misskey_quote") })
		if t.Type == "Link" && isObject && (isQuote || strings.HasPrefix(string(t.Name), "RE:")) {
			return Ref{ID: shortID(string(t.Href))}
		}
	}
	return Ref{}
}

// Approval is who may do something to a note (GoToSocial, FEP-044f): some at once,
// some when its author has looked at it. An empty list says nothing, so that
// "nobody" is written as the author alone.
type Approval struct {
	Automatic IDs `json:"automaticApproval,omitempty"`
	Manual    IDs `json:"manualApproval,omitempty"`
}

// UnmarshalJSON reads the older names of GoToSocial too; anything else is empty.
func (a *Approval) UnmarshalJSON(b []byte) error {
	var w struct {
		Automatic IDs `json:"automaticApproval"`
		Always    IDs `json:"always"`
		Manual    IDs `json:"manualApproval"`
		Required  IDs `json:"approvalRequired"`
	}
	_ = json.Unmarshal(b, &w)
	if len(w.Automatic)+len(w.Manual) == 0 {
		w.Automatic, w.Manual = w.Always, w.Required
	}
	*a = Approval{head(w.Automatic, limits.Entries), head(w.Manual, limits.Entries)}
	return nil
}

// InteractionPolicy says who may do what to a note; nil: what its visibility lets
// one expect.
type InteractionPolicy struct {
	CanLike     *Approval `json:"canLike,omitempty"`
	CanReply    *Approval `json:"canReply,omitempty"`
	CanAnnounce *Approval `json:"canAnnounce,omitempty"`
	CanQuote    *Approval `json:"canQuote,omitempty"`
}

// UnmarshalJSON reads an object; anything else says nothing.
func (p *InteractionPolicy) UnmarshalJSON(b []byte) error {
	type plain InteractionPolicy
	var w plain
	_ = json.Unmarshal(b, &w)
	*p = InteractionPolicy(w)
	return nil
}

// For is the approval that something needs: quote, like, reply or announce; nil
// where the policy does not say.
func (p *InteractionPolicy) For(kind string) *Approval {
	if p == nil {
		return nil
	}
	return map[string]*Approval{"quote": p.CanQuote, "like": p.CanLike, "reply": p.CanReply, "announce": p.CanAnnounce}[kind]
}

// Only is the approval of nobody but these.
func Only(ids ...ID) *Approval { return &Approval{Automatic: ids} }
