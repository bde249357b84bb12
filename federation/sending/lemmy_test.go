package sending_test

import "testing"

// moderated are what a group tells of its moderators.
var moderated = []string{"group-announce-pin", "group-announce-unpin", "group-announce-lock", "group-announce-undo-lock", "group-announce-take-down",
	"group-announce-moderator", "group-announce-no-moderator", "group-announce-block", "group-announce-undo-block"}

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
	{"the group as audience of an Undo", []string{"group-announce-undo-like"}, inObject(at("audience", iri))},
	// interop.md §4.1: what moderators do is as public as the group is, has both lists, and
	// names the group; an Undo has all of that inside too, under an id.
	{"Public in to, by moderators", moderated, inObject(at("to", among(public)))},
	{"the group in cc, by moderators", moderated, inObject(at("cc", list))},
	{"the group as audience, by moderators", moderated, inObject(at("audience", iri))},
	{"the announcer is the group that they moderate", moderated, outer()},
	{"the collection", []string{"group-announce-pin", "group-announce-unpin"}, inObject(at("target", like(`/featured$`)))},
	{"the moderators", []string{"group-announce-moderator", "group-announce-no-moderator"}, inObject(at("target", like(`/moderators$`)))},
	{"the group that somebody is kept out of", []string{"group-announce-block"}, inObject(at("target", same("audience")))},
	{"why it was removed", []string{"group-announce-take-down"}, inObject(at("summary", text))},
	{"the Lock in its Undo", []string{"group-announce-undo-lock"}, inObject(embeds("Lock"))},
	{"the Block in its Undo", []string{"group-announce-undo-block"}, inObject(embeds("Block"))},
	{"Public in what is undone", []string{"group-announce-undo-lock", "group-announce-undo-block"}, inObject(inObject(at("to", among(public))))},
	{"the group in cc of what is undone", []string{"group-announce-undo-lock", "group-announce-undo-block"}, inObject(inObject(at("cc", list)))},
}

func TestLemmyTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, lemmy)
}
