package compose

import (
	"context"
	"html"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// quote makes a note quote another one that me can see. What its author is known
// not to let quote is refused (Denied); whether a partner does is for them to say.
func (c *Composer) quote(ctx context.Context, me store.Actor, n *activity.Note, key store.Key) error {
	if key == 0 {
		return nil
	}
	target, err := c.db.VisibleNote(ctx, key, store.Reader{Actor: me.Key})
	if err != nil {
		return err
	}
	if !Quotable(me, target) {
		return activity.Refuse(activity.Denied, "not_quotable", "its author does not let this post be quoted")
	}
	n.Quote = activity.Ref{ID: target.ID}
	if target.Local && target.AuthorKey != me.Key {
		n.QuoteAuthorization = activity.Ref{ID: c.StampID(store.NewKey(c.Now()))}
	}
	FallBack(n, target)
	return nil
}

// Quotable says whether me may try to quote a note: one's own always; of others
// what everybody can read, unless its policy names only others.
func Quotable(me store.Actor, n store.Note) bool {
	if n.AuthorKey == me.Key {
		return true
	}
	if n.GroupKey != 0 || !n.Visibility.Wide() {
		return false
	}
	may := n.Policy.For("quote")
	if may == nil || len(may.Automatic)+len(may.Manual) == 0 {
		return true
	}
	for _, id := range append(append(activity.IDs{}, may.Automatic...), may.Manual...) {
		if id != n.Note.Author() {
			return true
		}
	}
	return false
}

// FallBack shows what a note quotes to readers whose software knows no quotes;
// what does leaves it out, by its class. Some know the link among the tags (FEP-e232).
func FallBack(n *activity.Note, target store.Note) {
	page := html.EscapeString(string(target.Page()))
	link := activity.Text(`<p class="quote-inline">RE: <a href="` + page + `" rel="nofollow noopener noreferrer">` + page + `</a></p>`)
	n.Content = link + n.Content
	for lang, text := range n.ContentMap {
		n.ContentMap[lang] = link + text
	}
	n.Tag = append(n.Tag, activity.Tag{Type: "Link", Href: activity.Text(target.ID), Name: "RE: " + activity.Text(target.Page()),
		MediaType: `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, Rel: activity.Names{"https://misskey-hub.net/ns#_misskey_quote"}})
}

// policy is who may do what to a new note. Nobody is written as its author, since
// an empty list means that nothing was said. What is not for everybody is neither
// boosted nor quoted.
func policy(me store.Actor, n activity.Note, quotable string) *activity.InteractionPolicy {
	if len(n.Groups) > 0 || !n.Has(activity.Public) {
		return &activity.InteractionPolicy{CanAnnounce: activity.Only(me.ID), CanQuote: activity.Only(me.ID)}
	}
	who := activity.Public
	switch quotable {
	case "followers":
		who = me.Followers.ID
	case "nobody":
		who = me.ID
	}
	everybody := activity.Only(activity.Public)
	return &activity.InteractionPolicy{CanLike: everybody, CanReply: everybody, CanAnnounce: everybody, CanQuote: activity.Only(who)}
}
