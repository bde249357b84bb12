package sending_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// without a name.
func without(name string) demand {
	d := demand{check: func(doc map[string]any) error {
		if v, ok := doc[name]; ok {
			return fmt.Errorf("its %s is %v", name, v)
		}
		return nil
	}}
	return d.but(name, []any{"https://other.example/users/one"})
}

// picture is the first attachment, at most four of them, as others show it.
func picture() demand {
	return at("attachment", func(note map[string]any, v any) error {
		l := many(v)
		if len(l) == 0 || len(l) > 4 {
			return fmt.Errorf("%d attachments", len(l))
		}
		a, _ := l[0].(map[string]any)
		for name, ok := range map[string]test{"type": oneOf("Document", "Image"), "mediaType": like(`^image/`), "url": iri, "name": text, "width": number, "height": number} {
			if err := ok(note, a[name]); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}).but("attachment", []any{map[string]any{"type": "Image", "url": "https://acme.example/1.png"}})
}

var (
	element = regexp.MustCompile(`</?(\w+)`)
	class   = regexp.MustCompile(`class="([^"]*)"`)
	kept    = regexp.MustCompile(`^((h|p|u|dt|e)-\S+|mention|hashtag|ellipsis|invisible|quote-inline)$`)
)

// html has only the elements and classes that are kept by who reads it: the text
// looks there as it does here.
func html() demand {
	elements := strings.Fields("p br span a abbr del s pre blockquote code b strong u sub sup i em h1 h2 h3 h4 h5 ul ol li ruby rt rp")
	return at("content", func(_ map[string]any, v any) error {
		s, _ := v.(string)
		for _, m := range element.FindAllStringSubmatch(s, -1) {
			if !slices.Contains(elements, m[1]) {
				return fmt.Errorf("<%s> is lost", m[1])
			}
		}
		for _, m := range class.FindAllStringSubmatch(s, -1) {
			for _, c := range strings.Fields(m[1]) {
				if !kept.MatchString(c) {
					return fmt.Errorf("the class %s is lost", c)
				}
			}
		}
		return nil
	}).but("content", `<div class="big">hello</div>`)
}

// quoteLink is a tag that links to the quoted post, with the type of an object.
func quoteLink() demand {
	return tagged("Link", func(note, tag map[string]any) error {
		if tag["href"] != note["quote"] {
			return fmt.Errorf("it links to %v", tag["href"])
		}
		return like(`^application/ld\+json; profile=`)(note, tag["mediaType"])
	})
}
