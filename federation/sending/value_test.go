package sending_test

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// test says whether a value of a document will do.
type test func(doc map[string]any, v any) error

// at asks for a value, which is spoilt by taking it away. The path's names are
// divided by dots.
func at(path string, ok test) demand {
	return demand{
		check: func(doc map[string]any) error {
			in, last := reach(doc, path)
			if in == nil || in[last] == nil {
				return fmt.Errorf("it has no %s", path)
			}
			if err := ok(doc, in[last]); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			return nil
		},
		spoil: func(doc map[string]any) { in, last := reach(doc, path); delete(in, last) },
	}
}

// but is the same with another way to spoil it: by a value that is not taken.
func (d demand) but(path string, v any) demand {
	d.spoil = func(doc map[string]any) { in, last := reach(doc, path); in[last] = v }
	return d
}

// reach is the object in which the last name of a path is, nil if there is none.
func reach(doc map[string]any, path string) (in map[string]any, last string) {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		doc, _ = doc[name].(map[string]any)
	}
	return doc, names[len(names)-1]
}

var errOther = errors.New("it is of another kind")

func text(_ map[string]any, v any) error {
	if s, ok := v.(string); !ok || s == "" {
		return errOther
	}
	return nil
}

// listed is a list, be it empty.
func listed(_ map[string]any, v any) error {
	if _, ok := v.([]any); !ok {
		return errOther
	}
	return nil
}

func list(_ map[string]any, v any) error {
	if l, ok := v.([]any); !ok || len(l) == 0 {
		return errOther
	}
	return nil
}

func object(_ map[string]any, v any) error {
	if _, ok := v.(map[string]any); !ok {
		return errOther
	}
	return nil
}

func truth(_ map[string]any, v any) error {
	if _, ok := v.(bool); !ok {
		return errOther
	}
	return nil
}

// iri is one address, not a list or an object.
func iri(_ map[string]any, v any) error {
	if host(v) == "" {
		return fmt.Errorf("%v is no address", v)
	}
	return nil
}

// ours is an address at the host of the document's own id.
func ours(doc map[string]any, v any) error {
	if h := host(v); h == "" || h != host(doc["id"]) {
		return fmt.Errorf("%v is not at the host of %v", v, doc["id"])
	}
	return nil
}

// host is scheme, host and port: in this test our addresses are http, as are all
// ids; nowhere else.
func host(v any) string {
	s, _ := v.(string)
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func like(pattern string) test {
	re := regexp.MustCompile(pattern)
	return func(_ map[string]any, v any) error {
		if s, ok := v.(string); !ok || !re.MatchString(s) {
			return fmt.Errorf("%q is not like %s", v, pattern)
		}
		return nil
	}
}

func oneOf(all ...string) test {
	return like("^(" + strings.Join(all, "|") + ")$")
}

// same is the value of another path.
func same(path string) test {
	return func(doc map[string]any, v any) error {
		if in, last := reach(doc, path); in[last] != v {
			return fmt.Errorf("%v is not %v", v, in[last])
		}
		return nil
	}
}

func moment(_ map[string]any, v any) error {
	s, _ := v.(string)
	_, err := time.Parse(time.RFC3339, s)
	return err
}

// names is whether a value, or one of a list of them, is s.
func names(v any, s string) bool {
	for _, one := range many(v) {
		if one == s {
			return true
		}
	}
	return false
}

func many(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func number(_ map[string]any, v any) error {
	if _, ok := v.(float64); !ok {
		return errOther
	}
	return nil
}

// array is a list that may be empty.
func array(_ map[string]any, v any) error {
	if _, ok := v.([]any); !ok {
		return errOther
	}
	return nil
}
