package sending_test

import "testing"

// threads are the rules of Threads, which takes public posts, and signs and asks for
// signatures.
var threads = []rule{
	// interop.md §2.1, §2.2: WebFinger is all that it reads unsigned.
	{"a subject", []string{"webfinger"}, at("subject", like(`^acct:`))},
	{"a link to the actor", []string{"webfinger"}, self()},
	{"a key of the actor", []string{"actor-*"}, key()},
	{"an inbox", []string{"actor-*"}, at("inbox", iri)},
	// interop.md §3.1.
	{"Public in to", []string{"create-public", "create-reply"}, inObject(visible("public"))},
	{"the author is the sender", []string{"create-public", "create-reply"}, author()},
	{"when it was published, with an offset", []string{"create-public", "create-reply"}, inObject(at("published", moment)).but("object", map[string]any{"published": "yesterday"})},
	{"one post that is answered", []string{"create-reply"}, inObject(at("inReplyTo", iri))},
	{"who is mentioned has a tag", []string{"create-reply"}, inObject(mention())},
	// interop.md §3.2-§3.4.
	{"the quote", []string{"create-quote"}, inObject(at("quote", iri))},
	{"the request in the answer", []string{"accept"}, embeds("Follow")},
	{"when a post was edited", []string{"update"}, inObject(at("updated", moment))},
	{"a Tombstone of the same host", []string{"delete"}, tombstone()},
}

func TestThreadsTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, threads)
}
