package sending_test

import "testing"

// pleroma are the rules of Pleroma and Akkoma, which hold an object to the place where
// it was found.
var pleroma = []rule{
	// interop.md §2.1: the id is where it was found, the collections are at the same host.
	{"the id of where it was found", []string{"actor-person"}, at("id", like(`/users/alice$`)).but("id", "https://acme.example/@alice")},
	{"the id of where the group was found", []string{"actor-group"}, at("id", like(`/groups/atlas$`)).but("id", "https://acme.example/@atlas")},
	{"followers of the same host", []string{"actor-person", "actor-group"}, at("followers", ours).but("followers", "https://other.example/followers")},
	{"following of the same host", []string{"actor-person", "actor-group"}, at("following", ours).but("following", "https://other.example/following")},
	{"featured of the same host", []string{"actor-person", "actor-group"}, at("featured", ours).but("featured", "https://other.example/featured")},
	{"collections that say their id", []string{"outbox", "followers", "following", "replies"}, at("id", iri)},
	{"how many are in them", []string{"outbox", "followers", "following", "replies", "context"}, at("totalItems", number)},
	// interop.md §2.2.
	{"the subject that was asked for", []string{"webfinger"}, at("subject", like(`^acct:alice@`)).but("subject", "acct:bob@other.example")},
	{"a link to the actor", []string{"webfinger"}, self()},
	// interop.md §3.1: to and cc are lists, of activities and objects.
	{"lists in the activity", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote", "create-poll", "announce"}, lists()},
	{"lists in the object", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote", "create-poll"}, inObject(lists())},
	{"the author is the sender", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote"}, author()},
	{"a context", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote"}, inObject(at("context", text))},
	{"the source of the text", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote"}, inObject(at("source.content", text))},
	// interop.md §3.4.
	{"the emoji of a reaction", []string{"react"}, at("content", text)},
	{"a Tombstone of the same host", []string{"delete"}, tombstone()},
	{"the Like in its Undo", []string{"undo-like"}, embeds("Like")},
	// interop.md §3.1: pages of collections.
	{"pages that say of what", []string{"outbox-page", "followers-page", "following-page"}, at("partOf", ours)},
	{"items as a list", []string{"outbox-page", "followers-page", "following-page"}, at("orderedItems", array)},
	{"pictures with type, address and text", []string{"create-picture"}, inObject(picture())},
}

func TestPleromaTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, pleroma)
}
