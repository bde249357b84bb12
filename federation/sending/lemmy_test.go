package sending_test

import "testing"

// lemmy are the rules of Lemmy, which reads with fixed types: what is missing or of
// another kind is refused whole.
var lemmy = []rule{
	// interop.md §2.1: mandatory.
	{"a username", []string{"actor-*"}, at("preferredUsername", text)},
	{"an inbox", []string{"actor-*"}, at("inbox", iri)},
	{"an outbox", []string{"actor-*"}, at("outbox", iri)},
	{"a key", []string{"actor-*"}, key()},
	{"a PEM", []string{"actor-*"}, spki()},
	// interop.md §2.3.
	{"the name of the software", []string{"nodeinfo"}, at("software.name", like(`^[a-z0-9-]+$`)).but("software.name", "Entente 1")},
	{"usage, even if empty", []string{"nodeinfo"}, at("usage", object)},
	// interop.md §4.1: groups.
	{"moderators as a collection", []string{"actor-group"}, at("attributedTo", like(`/moderators$`)).but("attributedTo", []any{"https://acme.example/users/alice"})},
	{"moderators as a list", []string{"moderators"}, at("orderedItems", list)},
	{"the whole activity, announced", []string{"group-announce-activity", "group-announce-theirs"}, whole("Create")},
	{"the announcer is the group of the activity", []string{"group-announce-activity", "group-announce-theirs"}, outer()},
	{"the group as audience of the activity", []string{"group-announce-activity", "group-announce-theirs"}, inObject(inGroup())},
	{"the group as audience of the post", []string{"group-announce-activity", "group-announce-theirs"}, inObject(inObject(inGroup()))},
	{"Public in to", []string{"group-announce-activity", "group-announce-theirs"}, at("to", list).but("to", []any{})},
	// The activity that writes or edits has both lists, be they empty
	// (crates/apub/activities/src/protocol/create_or_update/note.rs).
	{"cc, even if empty", []string{"create-*", "update"}, at("cc", listed)},
	{"cc, even if empty, announced", []string{"group-announce-activity", "group-announce-update"}, inObject(at("cc", listed))},
	{"the group in cc or to by its followers", []string{"group-announce-activity"}, at("cc", list)},
	// interop.md §3.3, §3.4.
	{"the request in the answer", []string{"accept-join"}, embeds("Follow")},
	{"the Like in its Undo", []string{"undo-like"}, embeds("Like")},
	{"one id that is liked", []string{"like"}, at("object", iri)},
	// interop.md §4.1: whatever happens in the group is announced whole.
	{"edits", []string{"group-announce-update"}, whole("Update")},
	{"deletions", []string{"group-announce-delete"}, whole("Delete")},
	{"likes", []string{"group-announce-like"}, embeds("Like")},
	{"the group as audience of each of them", []string{"group-announce-update", "group-announce-delete", "group-announce-like"}, inObject(at("audience", iri))},
	{"the announcer is the group of the activity", []string{"group-announce-update", "group-announce-delete", "group-announce-like"}, outer()},
}

func TestLemmyTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, lemmy)
}
