package activity

const vocabulary = "https://www.w3.org/ns/activitystreams#"

// definition is what a term means that says who does what to what, and who may know of
// it: a context must not give it another meaning (ActivityStreams §2.1), or else who
// reads JSON-LD sees another deed than we do (CVE-2022-24307, -2026-42462). Other terms
// have none: their meaning is nobody's authority, and Mobilizon has its own "location".
func definition(term string) string {
	switch term {
	case "as":
		return vocabulary
	case "id", "type":
		return "@" + term
	case "actor", "object", "target", "origin", "instrument", "attributedTo", "inReplyTo", "to", "cc", "bto", "bcc", "audience",
		"Accept", "Add", "Announce", "Block", "Create", "Delete", "Flag", "Follow", "Join", "Leave", "Like", "Move", "Reject", "Remove", "Undo", "Update":
		return vocabulary + term
	default:
		return ""
	}
}

// define takes a string inside a context: that is the meaning of the term that is being
// defined if it is its value, or the @id of the object that is (JSON-LD 1.1 §9.15.1).
func (in *inspector) define(quoted []byte) {
	at := in.at()
	if at.owes == "" && at.name == "@id" && in.depth > 1 {
		at = &in.levels[in.depth-2]
	}
	if at.owes == "" {
		return
	}
	meaning, _ := unquote(quoted)
	if own := definition(at.owes); meaning == own || own == vocabulary+at.owes && meaning == "as:"+at.owes {
		at.owes = ""
	}
}

// defined refuses a term that was given another meaning than its own.
func (l *level) defined() error {
	if l.owes != "" {
		return Refuse(Invalid, "reframed", "a context leaves %s as ActivityStreams has it", l.owes)
	}
	return nil
}
