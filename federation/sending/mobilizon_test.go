package sending_test

import "testing"

// mobilizon are the rules of Mobilizon. Its events and members are not among what we
// send; posts, follows and deletions are.
var mobilizon = []rule{
	// interop.md §2.1.
	{"an actor with a key", []string{"actor-*"}, key()},
	{"an outbox", []string{"actor-*"}, at("outbox", iri)},
	{"followers", []string{"actor-person", "actor-group"}, at("followers", iri)},
	{"a username", []string{"actor-*"}, at("preferredUsername", text)},
	// interop.md §3.1, §3.3, §3.4.
	{"the author is the sender", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote"}, author()},
	{"the request in the answer", []string{"accept", "accept-join"}, embeds("Follow")},
	{"a Tombstone of the same host", []string{"delete"}, tombstone()},
	{"when a post was edited", []string{"update"}, inObject(at("updated", moment))},
	// interop.md §2.2.
	{"a link to the actor", []string{"webfinger"}, self()},
}

func TestMobilizonTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, mobilizon)
}
