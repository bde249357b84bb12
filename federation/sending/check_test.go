package sending_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

const public = "https://www.w3.org/ns/activitystreams#Public"

// among: s is one of those addressed.
func among(s string) test {
	return func(_ map[string]any, v any) error {
		if !names(v, s) {
			return fmt.Errorf("%s is not in %v", s, v)
		}
		return nil
	}
}

// literal: the context has the name of ActivityStreams, letter by letter.
func literal() demand {
	return at("@context", func(_ map[string]any, v any) error {
		if !names(v, "https://www.w3.org/ns/activitystreams") {
			return errors.New("not ActivityStreams")
		}
		return nil
	}).but("@context", "http://www.w3.org/ns/activitystreams")
}

// visible is how a note's addressing is read: public, followers or direct.
func visible(want string) demand {
	other := public
	if want == "public" {
		other = "https://other.example/users/one"
	}
	d := demand{check: func(note map[string]any) error {
		got, to := "direct", append(many(note["to"]), many(note["cc"])...)
		author, _ := note["attributedTo"].(string)
		switch {
		case names(note["to"], public):
			got = "public"
		case names(note["cc"], public):
			got = "unlisted"
		case names(to, author+"/followers"):
			got = "followers"
		}
		if got != want || len(to) == 0 {
			return fmt.Errorf("it is read as %s", got)
		}
		return nil
	}}
	return d.but("to", []any{other})
}

// lists: to and cc are arrays, where they are.
func lists() demand {
	d := demand{check: func(doc map[string]any) error {
		for _, name := range []string{"to", "cc"} {
			if v, ok := doc[name]; ok && listed(doc, v) != nil {
				return fmt.Errorf("%s is %v", name, v)
			}
		}
		return at("to", list).check(doc)
	}}
	return d.but("to", public)
}

// tagged is a tag of a type of which ok holds.
func tagged(kind string, ok func(note, tag map[string]any) error) demand {
	return at("tag", func(note map[string]any, v any) error {
		for _, one := range many(v) {
			if tag, is := one.(map[string]any); is && tag["type"] == kind {
				return ok(note, tag)
			}
		}
		return fmt.Errorf("there is no %s", kind)
	})
}

// mention is a tag with the id of somebody who is addressed too.
func mention() demand {
	return tagged("Mention", func(note, tag map[string]any) error {
		href, _ := tag["href"].(string)
		if !names(note["to"], href) && !names(note["cc"], href) {
			return fmt.Errorf("%s is not addressed", href)
		}
		return like(`^@[a-z0-9_]+@[^@\s]+$`)(note, tag["name"])
	})
}

// addressed is the same spoilt by who is named and not addressed.
func addressed() demand {
	d := mention()
	d.spoil = func(note map[string]any) { note["to"], note["cc"] = []any{public}, nil }
	return d
}

func hashtag() demand {
	return tagged("Hashtag", func(note, tag map[string]any) error {
		if err := like(`^#\S+$`)(note, tag["name"]); err != nil {
			return err
		}
		return iri(note, tag["href"])
	})
}

// card is the link to who is mentioned, as it is looked for in the text.
func card() demand {
	return at("content", like(`<span class="h-card"><a href="[^"]+" class="u-url mention"[^>]*>@<span>\w+</span></a></span>`)).but("content", "<p>@bea good morning</p>")
}

// oneLanguage: the first key is the language, and which is first is chance.
func oneLanguage() demand {
	return at("contentMap", func(note map[string]any, v any) error {
		m, _ := v.(map[string]any)
		if len(m) != 1 {
			return fmt.Errorf("%d languages", len(m))
		}
		for _, v := range m {
			if v != note["content"] {
				return errors.New("not the content")
			}
		}
		return nil
	}).but("contentMap", map[string]any{"en": "a", "fr": "b"})
}

// author is one person, who does the activity, and keeps the note at the same host.
func author() demand {
	return demand{
		check: func(doc map[string]any) error {
			note, _ := doc["object"].(map[string]any)
			if note["attributedTo"] != doc["actor"] || host(note["id"]) == "" || host(note["id"]) != host(doc["actor"]) {
				return fmt.Errorf("%v says that %v wrote %v", doc["actor"], note["attributedTo"], note["id"])
			}
			return nil
		},
		spoil: func(doc map[string]any) {
			note := doc["object"].(map[string]any)
			note["attributedTo"] = []any{note["attributedTo"]}
		},
	}
}

// embeds is an activity of a type in the object, with id, actor and object.
func embeds(kind string) demand {
	return at("object", func(_ map[string]any, v any) error {
		o, _ := v.(map[string]any)
		if o["type"] != kind || host(o["id"]) == "" || host(o["actor"]) == "" || host(o["object"]) == "" {
			return fmt.Errorf("it is %v", v)
		}
		return nil
	}).but("object", "https://acme.example/activities/1")
}

// options are those of a poll.
func options() demand {
	return at("oneOf", func(note map[string]any, v any) error {
		if note["type"] != "Question" || len(many(v)) < 2 {
			return errors.New("not a poll")
		}
		for _, one := range many(v) {
			o, _ := one.(map[string]any)
			replies, _ := o["replies"].(map[string]any)
			if _, ok := replies["totalItems"].(float64); !ok || o["type"] != "Note" || text(o, o["name"]) != nil || replies["type"] != "Collection" {
				return fmt.Errorf("an option is %v", one)
			}
		}
		return nil
	}).but("oneOf", []any{map[string]any{"name": "tea"}, map[string]any{"name": "coffee"}})
}

// vote is a note with a name and without content, to the author of the poll alone.
func vote() demand {
	return at("name", func(note map[string]any, v any) error {
		if note["content"] != nil || iri(note, note["inReplyTo"]) != nil || len(many(note["to"])) != 1 || names(note["to"], public) {
			return errors.New("it is read as an answer")
		}
		return text(note, v)
	}).but("content", "<p>yes</p>")
}

// tombstone is what a Delete has as object: its id is enough.
func tombstone() demand {
	return at("object", func(doc map[string]any, v any) error {
		if o, ok := v.(map[string]any); ok {
			if o["type"] != "Tombstone" {
				return errOther
			}
			v = o["id"]
		}
		return ours(doc, v)
	}).but("object", "https://other.example/notes/1")
}

// key is the one that requests of the actor are signed with.
func key() demand {
	return at("publicKey", func(doc map[string]any, v any) error {
		k, _ := v.(map[string]any)
		pem, _ := k["publicKeyPem"].(string)
		if k["owner"] != doc["id"] || host(k["id"]) != host(doc["id"]) || !strings.HasPrefix(pem, "-----BEGIN PUBLIC KEY-----\n") {
			return fmt.Errorf("it is %v", v)
		}
		return nil
	})
}

// spki is the key spoilt by the header of the other encoding.
func spki() demand {
	return key().but("publicKey.publicKeyPem", "-----BEGIN RSA PUBLIC KEY-----\nMIIB\n-----END RSA PUBLIC KEY-----\n")
}

// self is the link to the actor in WebFinger, with a type that all know.
func self() demand {
	return at("links", func(_ map[string]any, v any) error {
		for _, one := range many(v) {
			if l, ok := one.(map[string]any); ok && l["rel"] == "self" && l["type"] == "application/activity+json" && host(l["href"]) != "" {
				return nil
			}
		}
		return errors.New("no link to the actor")
	}).but("links", []any{map[string]any{"rel": "self", "type": "application/json", "href": "https://acme.example/users/alice"}})
}

// smaller than so many bytes.
func smaller(max int) demand {
	return demand{
		check: func(doc map[string]any) error {
			raw, err := json.Marshal(doc)
			if err == nil && len(raw) >= max {
				err = fmt.Errorf("%d bytes", len(raw))
			}
			return err
		},
		spoil: func(doc map[string]any) { doc["padding"] = strings.Repeat("x", max) },
	}
}

// inGroup: the group is the audience, and is addressed besides.
func inGroup() demand {
	return at("audience", func(doc map[string]any, v any) error {
		if s, _ := v.(string); s == "" || !names(doc["to"], s) {
			return fmt.Errorf("%v is not addressed", v)
		}
		return nil
	})
}

// whole is an activity in the object that has its own object embedded, with id and actor.
func whole(kind string) demand {
	return at("object", func(_ map[string]any, v any) error {
		o, _ := v.(map[string]any)
		inner, _ := o["object"].(map[string]any)
		if o["type"] != kind || host(o["id"]) == "" || host(o["actor"]) == "" || host(inner["id"]) == "" {
			return fmt.Errorf("it is %v", v)
		}
		return nil
	}).but("object", "https://acme.example/activities/1")
}

// outer: who announces is the group that the announced activity names.
func outer() demand {
	return at("actor", same("object.audience")).but("actor", "https://acme.example/groups/other")
}

// accused: the first of the objects is the account, at the host to which the report goes.
func accused() demand {
	return at("object", func(doc map[string]any, v any) error {
		l := many(v)
		if len(l) == 0 || !names(doc["to"], fmt.Sprint(l[0])) {
			return fmt.Errorf("it is about %v", v)
		}
		return nil
	}).but("object", []any{"https://globex.example/notes/1"})
}

// root is the first in a context, which has as many as it says.
func root() demand {
	return at("orderedItems", func(doc map[string]any, v any) error {
		l := many(v)
		if len(l) == 0 || doc["totalItems"] != float64(len(l)) || fmt.Sprint(l[0], "/context") != doc["id"] {
			return fmt.Errorf("it has %v", v)
		}
		return nil
	}).but("orderedItems", []any{"https://globex.example/notes/2"})
}

// fields beside a profile are at most so many.
func fields(max int) demand {
	d := demand{check: func(doc map[string]any) error {
		if n := len(many(doc["attachment"])); n > max {
			return fmt.Errorf("%d fields", n)
		}
		return nil
	}}
	return d.but("attachment", make([]any, max+1))
}

// short is a text of at most so many runes.
func short(path string, max int) demand {
	return at(path, func(doc map[string]any, v any) error {
		s, _ := v.(string)
		if n := len([]rune(s)); n == 0 || n > max {
			return fmt.Errorf("%d runes", n)
		}
		return nil
	}).but(path, strings.Repeat("x", max+1))
}
