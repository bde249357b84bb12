package sending_test

import "testing"

// nodebb are the rules of NodeBB, which finds the rest of a thread by its context.
var nodebb = []rule{
	// interop.md §3.1 (FEP-7888, FEP-f228).
	{"a context that is an address", []string{"create-public", "create-reply"}, inObject(at("context", iri))},
	{"a context that is an ordered collection", []string{"context"}, at("type", oneOf("OrderedCollection")).but("type", "Note")},
	{"the root first, and all posts in it", []string{"context"}, root()},
	{"whose context it is", []string{"context"}, at("attributedTo", iri)},
	{"one author", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote"}, inObject(at("attributedTo", iri)).but("object", map[string]any{})},
	// interop.md §4.1.
	{"the post, announced", []string{"group-announce-note"}, at("object", iri)},
	{"later activities, announced whole", []string{"group-announce-theirs"}, whole("Create")},
	{"a category that says its followers", []string{"actor-group"}, at("followers", iri)},
	// interop.md §2.2.
	{"a link to the actor", []string{"webfinger"}, self()},
}

func TestNodebbTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, nodebb)
}
