package sending_test

import "testing"

// smithereen are the rules of Smithereen, where posts are on walls and the reader looks
// for who is addressed.
var smithereen = []rule{
	// interop.md §2.1, §2.2.
	{"an actor with a key", []string{"actor-*"}, key()},
	{"a shared inbox", []string{"actor-*"}, at("endpoints.sharedInbox", ours)},
	{"a link to the actor", []string{"webfinger"}, self()},
	// interop.md §3.1, §3.5.
	{"Public, in full", []string{"create-public", "create-reply"}, inObject(visible("public")).but("object", map[string]any{"to": []any{"as:Public"}})},
	{"the author is the sender", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote", "create-poll"}, author()},
	{"one post that is answered", []string{"create-reply"}, inObject(at("inReplyTo", iri))},
	{"options that are notes with counts", []string{"create-poll"}, inObject(options())},
	{"a vote is a name without content", []string{"create-vote"}, inObject(vote())},
	// interop.md §3.3, §3.4.
	{"the request in the answer", []string{"accept"}, embeds("Follow")},
	{"the request in its Undo", []string{"undo-follow"}, embeds("Follow")},
	{"the Like in its Undo", []string{"undo-like"}, embeds("Like")},
}

func TestSmithereenTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, smithereen)
}
