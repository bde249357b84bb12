package sending_test

import "testing"

// mbin are the rules of Mbin, whose magazines are groups as Lemmy has them.
var mbin = []rule{
	// interop.md §4.1.
	{"moderators as a collection", []string{"actor-group"}, at("attributedTo", ours).but("attributedTo", []any{})},
	{"moderators as a list", []string{"moderators"}, at("orderedItems", list)},
	{"the whole activity, announced", []string{"group-announce-activity"}, whole("Create")},
	{"the id of the post, announced besides", []string{"group-announce-note"}, at("object", iri)},
	{"the group as audience of the post", []string{"group-announce-activity"}, inObject(inObject(inGroup()))},
	// interop.md §2.1, §2.3.
	{"an outbox", []string{"actor-person", "actor-group"}, at("outbox", iri)},
	{"a shared inbox", []string{"actor-person", "actor-group"}, at("endpoints.sharedInbox", iri)},
	{"the name of the software", []string{"nodeinfo"}, at("software.name", like(`^[a-z0-9-]+$`))},
	{"a version of NodeInfo", []string{"nodeinfo"}, at("version", oneOf(`2\.0`, `2\.1`, `2\.2`)).but("version", "3.0")},
	// interop.md §3.1, §3.6.
	{"a tag for each hashtag", []string{"create-public"}, inObject(hashtag())},
	{"the account among the objects", []string{"flag"}, accused()},
	{"Public in to, by moderators", moderated, inObject(at("to", among(public)))},
	{"the group as audience, by moderators", moderated, inObject(at("audience", iri))},
	{"the group that somebody is kept out of", []string{"group-announce-block"}, inObject(at("target", iri))},
	{"the Block in its Undo", []string{"group-announce-undo-block"}, inObject(embeds("Block"))},
	// interop.md §2.3.
	{"where NodeInfo is", []string{"nodeinfo-links"}, at("links", list)},
}

func TestMbinTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, mbin)
}
