package sending_test

import "testing"

// peertube are the rules of PeerTube. Videos are not among what we send; comments,
// follows and likes are.
var peertube = []rule{
	// interop.md §2.1.
	{"a key with the header of SPKI", []string{"actor-*"}, spki()},
	{"a username", []string{"actor-person", "actor-group"}, at("preferredUsername", like(`^[A-Za-z0-9\-_.:]+$`)).but("preferredUsername", "a b")},
	{"a group that is of somebody", []string{"actor-group"}, at("attributedTo", iri)},
	{"endpoints", []string{"actor-*"}, at("endpoints.sharedInbox", iri)},
	// interop.md §3.1, §3.4: comments, and what is done with videos.
	{"one post that is answered", []string{"create-reply"}, inObject(at("inReplyTo", iri))},
	{"a comment has content", []string{"create-reply"}, inObject(at("content", text))},
	{"a comment has a page", []string{"create-reply"}, inObject(at("url", iri))},
	{"one id that is announced", []string{"announce", "group-announce-note"}, at("object", iri)},
	{"the Like in its Undo", []string{"undo-like"}, embeds("Like")},
	{"the request in the answer", []string{"accept"}, embeds("Follow")},
}

func TestPeertubeTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, peertube)
}
