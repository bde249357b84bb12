package activity

import (
	"reflect"
	"strings"
	"sync"
)

// spellings are the properties that anything here reads, by their folded names.
// encoding/json takes "OBJECT" for "object", which no other reader does, so
// CheckDocument refuses each of them in another spelling.
var spellings = sync.OnceValue(func() map[string]string {
	known := map[string]string{}
	for _, name := range []string{"href", "controller", "origin", "instrument", "result", "bto", "bcc", "items", "nameMap", "summaryMap", "icon", "image", "proof", "verificationMethod",
		"interactingObject", "interactionTarget", "automaticApproval", "manualApproval"} { // read by policy and resolve
		known[fold(name)] = name
	}
	for _, noun := range []any{Envelope{}, Actor{}, Endpoints{}, PublicKey{}, Multikey{}, Generator{}, Implements{}, Field{}, Note{}, Question{}, Source{}, Tag{}, Attachment{}, PollOption{}, Tally{}, Collection{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(noun)) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				known[fold(name)] = name
			}
		}
	}
	delete(known, fold("quoteUrl")) // Fedibird writes quoteURL: policy looks at both
	return known
})

// fold makes one of the names that encoding/json takes for one.
func fold(name string) string { return strings.Map(foldRune, name) }
