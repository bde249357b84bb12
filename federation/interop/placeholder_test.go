package interop_test

import (
	"encoding/json"
	"path"
	"strings"

	"entente.example/entente/activity"
)

// Some projects have taken the ids out of their recordings, or keep templates.
// What was taken out is put back here, each time the same.
const (
	scrubbed = "SCRUBBED_"
	magazine = "https://kbin.test/m/test"
	member   = "https://kbin.test/u/user3"
)

// filled is a document without placeholders.
func filled(name string, raw json.RawMessage) json.RawMessage {
	text := strings.NewReplacer(
		"{{ap_id}}", bystander+"/users/bea", "{{activity_id}}", bystander+"/activities/1",
		"{{ .ID }}", "http://127.0.0.1:9998/actors/1", "` + authorAccount.URI + `", "https://bandwagon.fm/author",
	).Replace(string(raw))
	if strings.HasPrefix(name, "fep/044f-") { // one person has two hosts in it
		text = strings.ReplaceAll(text, "https://example.org/users/bob", "https://example.com/users/bob")
	}
	if strings.HasPrefix(name, "lemmy/") {
		text = oneScheme(text)
	}
	if strings.HasPrefix(name, "mitra/") {
		return unproven(json.RawMessage(text))
	}
	if !strings.Contains(text, scrubbed) {
		return json.RawMessage(text)
	}
	var o map[string]any
	if json.Unmarshal([]byte(text), &o) != nil {
		return raw
	}
	restore(o, "https://kbin.test/f/"+strings.TrimSuffix(path.Base(name), ".json"))
	full, err := json.Marshal(o)
	if err != nil {
		return raw
	}
	return full
}

// unproven is a document without its proof: the actors of this world have keys of
// their own, and a proof by another one refuses all of it.
func unproven(raw json.RawMessage) json.RawMessage {
	var o map[string]json.RawMessage
	if json.Unmarshal(raw, &o) != nil || o["proof"] == nil {
		return raw
	}
	delete(o, "proof")
	rest, err := json.Marshal(o)
	if err != nil {
		return raw
	}
	return rest
}

// oneScheme makes a host that is once called by http and once by https one host
// again: some of Lemmy's recordings were edited after they were made.
func oneScheme(text string) string {
	for _, host := range []string{"enterprise.lemmy.ml/", "ds9.lemmy.ml/"} {
		if strings.Contains(text, "http://"+host) {
			text = strings.ReplaceAll(text, "https://"+host, "http://"+host)
		}
	}
	return text
}

// restore gives an object of Mbin its ids back; id is for the object itself
// where nothing else decides it.
func restore(o map[string]any, id string) {
	switch o["type"] {
	case "Group":
		id = magazine
	case "Person":
		id = "https://kbin.test/u/user"
	case "Note", "Page", "ChatMessage", "Tombstone":
		id = "https://kbin.test/m/test/t/1/" + strings.TrimPrefix(id, "https://kbin.test/f/")
	}
	for name, v := range o {
		switch v := v.(type) {
		case map[string]any:
			restore(v, id+"/"+name)
		case string:
			o[name] = restored(o, name, v, id)
		}
	}
}

func restored(o map[string]any, name, value, id string) any {
	switch {
	case value == "SCRUBBED_DATE":
		return "2026-08-01T10:00:00+00:00"
	case value == "SCRUBBED_KEY":
		return map[string]any{"id": id + "#main-key", "owner": id}
	case value != "SCRUBBED_ID":
		return value
	case name == "object":
		return aim(o)
	case name == "inReplyTo":
		return "https://kbin.test/m/test/t/1"
	}
	return id
}

// aim is what an activity of Mbin is about.
func aim(o map[string]any) string {
	target, _ := o["target"].(string)
	switch {
	case o["type"] == "Follow":
		return magazine
	case o["type"] == "Delete":
		return o["actor"].(string)
	case o["type"] == "Block", strings.HasSuffix(target, "/moderators"):
		return member
	}
	return string(activity.ID(magazine + "/t/1"))
}
