package sending_test

import "testing"

// mastodon are the rules of Mastodon, the strictest reader of actors and the one whose
// reading of addressing everybody copies.
var mastodon = []rule{
	// interop.md §2.1: actors.
	{"the context, letter by letter", []string{"actor-*", "create-*", "update", "delete", "like", "announce", "follow", "accept", "flag", "group-*"}, literal()},
	{"an inbox", []string{"actor-*"}, at("inbox", iri)},
	{"a type that it supports", []string{"actor-*"}, at("type", oneOf("Person", "Service", "Group", "Organization", "Application")).but("type", "Robot")},
	{"a username that can be mentioned", []string{"actor-person", "actor-group"}, at("preferredUsername", like(`^[a-z0-9_]+([.-][a-z0-9_]+)*$`)).but("preferredUsername", "Ålice!")},
	{"a short name", []string{"actor-*"}, short("name", 2048)},
	{"a key of the actor", []string{"actor-*"}, key()},
	{"a page", []string{"actor-*"}, at("url", ours)},
	{"whether followers are asked", []string{"actor-*"}, at("manuallyApprovesFollowers", truth)},
	{"at most a million bytes", []string{"*"}, smaller(1_000_000)},
	// interop.md §2.2: WebFinger leads back to the actor.
	{"a subject", []string{"webfinger"}, at("subject", like(`^acct:alice@[^@]+$`))},
	{"a link to the actor, of this type", []string{"webfinger"}, self()},
	// interop.md §3.1: posts.
	{"the author is the sender", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote", "create-poll", "create-vote", "update"}, author()},
	{"Public in to", []string{"create-public", "create-reply", "create-quote", "create-poll", "update"}, inObject(visible("public"))},
	{"followers and no Public", []string{"create-followers"}, inObject(visible("followers"))},
	{"only people", []string{"create-direct"}, inObject(visible("direct"))},
	{"who is named in a direct post has a tag, or it is limited", []string{"create-direct"}, inObject(mention())},
	{"who is mentioned has a tag", []string{"create-reply"}, inObject(mention())},
	{"who is mentioned is addressed", []string{"create-reply", "create-direct"}, inObject(addressed())},
	{"the link to who is mentioned", []string{"create-reply", "create-direct"}, inObject(card())},
	{"a tag for each hashtag", []string{"create-public", "create-reply", "update"}, inObject(hashtag())},
	{"one language", []string{"create-public", "create-reply", "update"}, inObject(oneLanguage())},
	{"a content warning", []string{"create-reply"}, inObject(at("summary", text))},
	{"that it is sensitive", []string{"create-reply"}, inObject(at("sensitive", truth))},
	{"one post that is answered", []string{"create-reply"}, inObject(at("inReplyTo", iri)).but("object", map[string]any{"inReplyTo": []any{}})},
	{"one string for the conversation", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote", "create-poll"}, inObject(at("conversation", iri))},
	{"when it was published", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote", "create-poll"}, inObject(at("published", moment))},
	// interop.md §3.2: quotes.
	{"the quote", []string{"create-quote"}, inObject(at("quote", iri))},
	{"a visible link for others", []string{"create-quote"}, inObject(at("content", like(`class="quote-inline">RE: <a href="`)))},
	{"who may quote", []string{"create-public"}, inObject(at("interactionPolicy.canQuote.automaticApproval", list))},
	// interop.md §3.3: following.
	{"the request in the answer", []string{"accept", "accept-join", "reject", "reject-join"}, embeds("Follow")},
	{"an id of each request", []string{"follow"}, at("id", ours)},
	{"the request in its Undo", []string{"undo-follow"}, embeds("Follow")},
	// interop.md §3.4: what is done with posts.
	{"when a post was edited", []string{"update"}, inObject(at("updated", moment))},
	{"a Tombstone of the same host", []string{"delete"}, tombstone()},
	{"the Like in its Undo", []string{"undo-like"}, embeds("Like")},
	{"the boost in its Undo", []string{"undo-announce"}, embeds("Announce")},
	{"one id that is liked", []string{"like"}, at("object", iri)},
	{"one id that is boosted", []string{"announce", "group-announce-note", "group-announce-their-note"}, at("object", iri).but("object", map[string]any{"type": "Create"})},
	{"boosts of what is public, in public", []string{"announce", "group-announce-note"}, at("to", list).but("to", []any{})},
	// interop.md §3.5: polls.
	{"options that are notes with counts", []string{"create-poll"}, inObject(options())},
	{"when a poll ends", []string{"create-poll"}, inObject(at("endTime", moment))},
	{"a vote is a name without content", []string{"create-vote"}, inObject(vote())},
	// interop.md §3.6: reports come from the instance and name the account.
	{"a report from the instance", []string{"flag"}, at("actor", like(`/actor$`)).but("actor", "https://acme.example/users/alice")},
	{"the account among the objects", []string{"flag"}, accused()},
	{"a short comment", []string{"flag"}, short("content", 5000)},
	// interop.md §3.1: the rest of a post.
	{"Public in cc", []string{"create-unlisted"}, inObject(visible("unlisted"))},
	{"pictures with type, address and text", []string{"create-picture"}, inObject(picture())},
	{"nobody addressed in secret", []string{"create-*", "update*", "announce", "group-announce-*"}, without("bcc")},
	{"HTML that it keeps", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote", "create-unlisted", "create-picture", "update"}, inObject(html())},
	// interop.md §3.2, §3.4, §3.5: what comes later.
	{"the quote that is asked for", []string{"quote-request"}, at("object", iri)},
	{"the quoting post, with the request", []string{"quote-request"}, at("instrument", object)},
	{"a stamp as the result", []string{"accept-quote"}, at("result", ours).but("result", "https://other.example/stamps/1")},
	{"a stamp of the same host that is taken back", []string{"delete-stamp"}, tombstone()},
	{"a stamp of both posts", []string{"stamp"}, at("interactingObject", iri)},
	{"a stamp of the quoted author", []string{"stamp"}, at("attributedTo", ours).but("attributedTo", "https://other.example/users/one")},
	{"the stamp in the post", []string{"update-quote"}, inObject(at("quoteAuthorization", iri))},
	{"how many voted", []string{"update-poll"}, inObject(at("votersCount", number))},
	{"a count is no edit", []string{"update-poll"}, inObject(without("updated"))},
	{"several choices as anyOf", []string{"create-poll-many"}, inObject(at("anyOf", list))},
	{"featured as a list, even if empty", []string{"featured"}, at("orderedItems", array)},
}

func TestMastodonTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, mastodon)
}
