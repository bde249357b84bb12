package remote

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Software is what a host says that it runs, "mastodon" "4.5.0". It is a claim, for
// people to read: nothing may depend on it. Both words are safe to print.
type Software struct{ Name, Version string }

func (s Software) String() string { return strings.TrimSpace(s.Name + " " + s.Version) }

// NodeInfo asks host which software it runs (NodeInfo 2.0 to 2.2), within 10 s: for
// the latest of the documents that it offers. Only the host itself is believed:
// a document of another one, by link or redirect, is "cross_origin" (Denied).
//
// Refusals for good besides: "bad_host", "bad_json", "no_nodeinfo" (all Invalid), and
// those of the doors that every request passes.
func (c *Client) NodeInfo(ctx context.Context, host string) (Software, error) {
	host, err := activity.CleanHost(host)
	if err != nil {
		return Software{}, err
	}
	if activity.ID("https://"+host+"/").Host() != host {
		return Software{}, activity.Refuse(activity.Invalid, "bad_host", "%.100q is not a host name", host)
	}
	return visit(ctx, c, host, func(ctx context.Context) (Software, error) { return c.software(ctx, host) })
}

func (c *Client) software(ctx context.Context, host string) (Software, error) {
	raw, err := c.wellKnown(ctx, host, "/.well-known/nodeinfo")
	if err != nil {
		return Software{}, err
	}
	link, err := nodeInfoLink(raw, host)
	if err != nil {
		return Software{}, err
	}
	raw, at, err := c.served(ctx, link)
	if err != nil {
		return Software{}, err
	}
	if activity.ID(at).Host() != host {
		return Software{}, refuseOrigin()
	}
	return readSoftware(raw)
}

// schemas are the NodeInfo schemas that are understood, the latest last. They tell
// the software alike.
var schemas = []string{
	"http://nodeinfo.diaspora.software/ns/schema/2.0",
	"http://nodeinfo.diaspora.software/ns/schema/2.1",
	"http://nodeinfo.diaspora.software/ns/schema/2.2",
}

// nodeInfoLink is the address of the latest document that the links of host name.
func nodeInfoLink(raw []byte, host string) (string, error) {
	d, err := readDescriptor(raw)
	if err != nil {
		return "", err
	}
	best, href := -1, ""
	for _, link := range d.Links {
		if at := slices.Index(schemas, link.Rel); at > best {
			best, href = at, link.Href
		}
	}
	switch {
	case best < 0:
		return "", activity.Refuse(activity.Invalid, "no_nodeinfo", "the other server does not offer NodeInfo 2.0 or later")
	case activity.ID(href).Host() != host:
		return "", refuseOrigin()
	}
	return href, nil
}

var softwareName = regexp.MustCompile(`^[a-z0-9-]+$`)

// readSoftware reads the one part of a NodeInfo document that is used.
func readSoftware(raw []byte) (Software, error) {
	var doc struct{ Software Software }
	if err := json.Unmarshal(raw, &doc); err != nil {
		return Software{}, activity.Because(activity.Invalid, "bad_json", err, "the NodeInfo answer is not JSON, or not as the schema has it")
	}
	s := doc.Software
	if len(s.Name) > limits.SoftwareName || !softwareName.MatchString(s.Name) {
		return Software{}, activity.Refuse(activity.Invalid, "no_nodeinfo", "the NodeInfo answer does not name a software")
	}
	s.Version = strings.TrimSpace(shown(s.Version, limits.SoftwareVersion))
	return s, nil
}

// shown is the start of s, at most so many characters, without what steers a
// terminal or turns the direction of a text.
func shown(s string, most int) string {
	var kept []rune
	for _, r := range s {
		if unicode.IsPrint(r) && len(kept) < most {
			kept = append(kept, r)
		}
	}
	return string(kept)
}

func refuseOrigin() error {
	return activity.Refuse(activity.Denied, "cross_origin", "the document was served by another server than its own")
}
