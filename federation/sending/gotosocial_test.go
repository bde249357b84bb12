package sending_test

import "testing"

// gotosocial are the rules of GoToSocial, whose names for who may do what we send.
var gotosocial = []rule{
	// interop.md §2.1: keys.
	{"a key of the actor", []string{"actor-*"}, key().but("publicKey.owner", "https://other.example/users/alice")},
	{"a PEM", []string{"actor-*"}, spki()},
	{"an inbox for each", []string{"actor-*"}, at("inbox", ours)},
	{"at most six fields", []string{"actor-*"}, fields(6)},
	// interop.md §3.2: interaction policies; an empty list means that nothing is said.
	{"who may like", []string{"create-public"}, inObject(at("interactionPolicy.canLike.automaticApproval", list))},
	{"who may reply", []string{"create-public"}, inObject(at("interactionPolicy.canReply.automaticApproval", list))},
	{"who may boost", []string{"create-public"}, inObject(at("interactionPolicy.canAnnounce.automaticApproval", list))},
	{"nobody quotes what is not public", []string{"create-followers", "create-direct"}, inObject(at("interactionPolicy.canQuote.automaticApproval", list))},
	// interop.md §3.3-§3.5.
	{"the request in the answer", []string{"accept"}, embeds("Follow")},
	{"lists in the activity", []string{"create-public", "create-followers", "create-direct", "create-reply", "create-quote"}, lists()},
	{"a Delete of the same host", []string{"delete"}, tombstone()},
	{"options that are notes with counts", []string{"create-poll"}, inObject(options())},
	{"a vote is a name without content", []string{"create-vote"}, inObject(vote())},
	{"the boost in its Undo", []string{"undo-announce"}, embeds("Announce")},
	// interop.md §3.1: pictures.
	{"pictures with type, address and text", []string{"create-picture"}, inObject(picture())},
}

func TestGotosocialTakesWhatWeSend(t *testing.T) {
	t.Parallel()
	hold(t, gotosocial)
}
