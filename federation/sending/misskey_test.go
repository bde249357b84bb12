package sending_test

import "testing"

// misskey are the rules of Misskey and its forks, which read actors by type and regard
// hosts.
var misskey = []rule{
	// interop.md §2.1.
	{"one id", []string{"actor-*"}, at("id", iri).but("id", []any{"https://acme.example/users/alice"})},
	{"one inbox", []string{"actor-*"}, at("inbox", iri).but("inbox", map[string]any{})},
	{"a username", []string{"actor-person", "actor-group"}, at("preferredUsername", like(`^\w([\w.-]{0,126}\w)?$`)).but("preferredUsername", "-alice")},
	{"a key of the same host", []string{"actor-*"}, key().but("publicKey.id", "https://other.example/key")},
	{"a page of the same host", []string{"actor-*"}, at("url", ours).but("url", "javascript:alert(1)")},
	{"an inbox of the same host", []string{"actor-*"}, at("inbox", ours).but("inbox", "https://other.example/inbox")},
	{"an outbox of the same host", []string{"actor-*"}, at("outbox", ours).but("outbox", "https://other.example/outbox")},
	{"followers of the same host", []string{"actor-person", "actor-group"}, at("followers", ours).but("followers", "https://other.example/followers")},
	{"a shared inbox of the same host", []string{"actor-*"}, at("endpoints.sharedInbox", ours).but("endpoints.sharedInbox", "https://other.example/inbox")},
	// interop.md §3.1, §3.2.
	{"the author is the sender", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote"}, author()},
	{"followers and no Public", []string{"create-followers"}, inObject(visible("followers"))},
	{"only people", []string{"create-direct"}, inObject(visible("direct"))},
	{"its own name for a quote", []string{"create-quote"}, inObject(at("_misskey_quote", iri))},
	{"the older name for a quote", []string{"create-quote"}, inObject(at("quoteUrl", iri))},
	{"a quote as a link among the tags (FEP-e232)", []string{"create-quote", "create-quote-theirs"}, inObject(quoteLink())},
	// interop.md §3.4: a reaction is a Like with an emoji.
	{"a Like", []string{"react"}, at("type", oneOf("Like")).but("type", "Dislike")},
	{"its own name for the emoji", []string{"react"}, at("_misskey_reaction", text)},
	{"the emoji", []string{"react"}, at("content", same("_misskey_reaction"))},
	{"the Like in its Undo", []string{"undo-like"}, embeds("Like")},
	// interop.md §3.5.
	{"options that are notes with counts", []string{"create-poll"}, inObject(options())},
	// interop.md §3.4: taking back.
	{"the reaction in its Undo", []string{"undo-react"}, embeds("Like")},
	// interop.md §3.5: a poll of several choices.
	{"several choices as anyOf", []string{"create-poll-many"}, inObject(at("anyOf", list))},
}

func TestMisskeyTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, misskey)
}
