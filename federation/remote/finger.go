package remote

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Account is a handle, @User@Host, and the actor that its host says it is.
type Account struct {
	User, Host string
	ID         activity.ID
}

// Finger finds the actor of user@host by WebFinger (RFC 7033), with host-meta
// (RFC 6415 §3) where a host has no WebFinger of its own, within 10 s.
//
// A subject is a claim. The one in the answer must be the handle that was asked
// for, or another one, whose own host then has to say the same: same subject,
// same actor. So the Account may have another handle than the one asked for, but
// always one that its own host stands for. Whether the actor wants to be called
// so is for the actor's document to say.
//
// NotFound and Gone mean that there is nobody of that name. Refusals for good,
// all Invalid: "bad_handle", "bad_json", "bad_host_meta",
// "no_actor_link", "handle_disputed".
func (c *Client) Finger(ctx context.Context, user, host string) (Account, error) {
	asked, err := newHandle(user, host)
	if err != nil {
		return Account{}, err
	}
	return visit(ctx, c, asked.Host, func(ctx context.Context) (Account, error) { return c.confirmed(ctx, asked) })
}

// confirmed is the account behind a handle, by the word of its own host.
func (c *Client) confirmed(ctx context.Context, asked Account) (Account, error) {
	found, err := c.finger(ctx, asked)
	if err != nil || found.is(asked) {
		return found, err
	}
	confirmed, err := c.finger(ctx, found)
	if err != nil {
		return Account{}, err
	}
	if !confirmed.is(found) || confirmed.ID != found.ID {
		return Account{}, activity.Refuse(activity.Invalid, "handle_disputed", "%.100s does not stand for %.100s", found.Host, asked.User+"@"+asked.Host)
	}
	return confirmed, nil
}

// newHandle cleans a handle: an Account without an actor yet.
func newHandle(user, host string) (Account, error) {
	host, err := activity.CleanHost(host)
	if err != nil {
		return Account{}, err
	}
	u, err := activity.ID("https://" + host + "/").URL()
	if err != nil || u.Host != host || user == "" || strings.ContainsAny(user, "@/?#%: \t\r\n") {
		return Account{}, activity.Refuse(activity.Invalid, "bad_handle", "%.100q is not a handle", user+"@"+host)
	}
	return Account{User: user, Host: host}, nil
}

// is says whether two handles are the same; nobody tells users apart by case.
func (a Account) is(b Account) bool { return strings.EqualFold(a.User, b.User) && a.Host == b.Host }

func (a Account) resource() string { return url.QueryEscape("acct:" + a.User + "@" + a.Host) }

// finger asks the host of a handle once, and gives what it claims.
func (c *Client) finger(ctx context.Context, handle Account) (Account, error) {
	raw, err := c.wellKnown(ctx, handle.Host, "/.well-known/webfinger?resource="+handle.resource())
	if isAnswer(err, http.StatusNotFound) {
		raw, err = c.fingerByHostMeta(ctx, handle)
	}
	if err != nil {
		return Account{}, err
	}
	d, err := readDescriptor(raw)
	if err != nil {
		return Account{}, err
	}
	return c.account(d)
}

// descriptor is a JRD (RFC 7033 §4.4), of WebFinger or NodeInfo.
type descriptor struct {
	Subject string
	Links   []struct{ Rel, Type, Href string }
}

func readDescriptor(raw []byte) (d descriptor, err error) {
	if err := json.Unmarshal(raw, &d); err != nil {
		return d, activity.Because(activity.Invalid, "bad_json", err, "the answer is not JSON, or not a resource descriptor")
	}
	return d, nil
}

// account reads the claim of a descriptor: its subject, and the first link to
// an actor.
func (c *Client) account(d descriptor) (Account, error) {
	scheme, handle, _ := strings.Cut(d.Subject, ":")
	user, host, _ := strings.Cut(handle, "@")
	if !strings.EqualFold(scheme, "acct") {
		return Account{}, activity.Refuse(activity.Invalid, "handle_disputed", "the WebFinger answer is about %.100q, which is not a handle", d.Subject)
	}
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain // RFC 7565 §3: other scripts are percent-encoded
	}
	a, err := newHandle(user, host)
	if err != nil {
		return Account{}, err
	}
	for _, link := range d.Links {
		if link.Rel != "self" || !isActivity(link.Type) {
			continue
		}
		if _, err := c.clean(link.Href); err != nil {
			return Account{}, err
		}
		a.ID = activity.ID(link.Href)
		return a, nil
	}
	return Account{}, activity.Refuse(activity.Invalid, "no_actor_link", "the WebFinger answer names no ActivityPub actor")
}

// hostMeta is an XRD (RFC 6415 §3).
type hostMeta struct {
	Links []struct {
		Rel      string `xml:"rel,attr"`
		Template string `xml:"template,attr"`
	} `xml:"Link"`
}

// fingerByHostMeta asks where a host keeps its WebFinger, and there.
func (c *Client) fingerByHostMeta(ctx context.Context, handle Account) ([]byte, error) {
	raw, err := c.wellKnown(ctx, handle.Host, "/.well-known/host-meta")
	if err != nil {
		return nil, err
	}
	template, err := readHostMeta(raw)
	if err != nil {
		return nil, err
	}
	return c.small(ctx, strings.Replace(template, "{uri}", handle.resource(), 1))
}

// readHostMeta finds the address of WebFinger, with one "{uri}" in it.
func readHostMeta(raw []byte) (template string, err error) {
	var meta hostMeta
	if err := xml.Unmarshal(raw, &meta); err != nil {
		return "", activity.Because(activity.Invalid, "bad_host_meta", err, "host-meta is not an XRD")
	}
	for _, link := range meta.Links {
		if link.Rel == "lrdd" && strings.Count(link.Template, "{uri}") == 1 {
			return link.Template, nil
		}
	}
	return "", activity.Refuse(activity.Invalid, "bad_host_meta", "host-meta does not say where WebFinger is")
}

// wellKnown gets a path of a host: by https, and in development by http when
// nothing speaks https there.
func (c *Client) wellKnown(ctx context.Context, host, path string) ([]byte, error) {
	raw, err := c.small(ctx, "https://"+host+path)
	if c.opts.InsecureHTTP && activity.FaultOf(err).Reason == "unreachable" {
		return c.small(ctx, "http://"+host+path)
	}
	return raw, err
}

// small gets at most limits.Discovery bytes, unsigned: nobody asks for signatures
// here. The media type is not looked at, since what is under /.well-known was
// put there by the owner of the host, often as a plain file.
func (c *Client) small(ctx context.Context, address string) ([]byte, error) {
	raw, _, err := c.served(ctx, address)
	return raw, err
}

// served is small, and says from which address it came in the end.
func (c *Client) served(ctx context.Context, address string) (raw []byte, at string, err error) {
	resp, at, err := c.follow(ctx, address, visited{}, func(ctx context.Context, u *url.URL) (*http.Response, error) {
		r, err := c.request(ctx, http.MethodGet, u, nil)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Accept", "application/jrd+json, application/xrd+xml, application/json;q=0.9, */*;q=0.1")
		return c.do(r)
	})
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	if !isOK(resp.StatusCode) {
		return nil, "", c.verdict(resp)
	}
	raw, err = read(resp.Body, limits.Discovery)
	return raw, at, err
}

func isAnswer(err error, status int) bool {
	a, ok := errors.AsType[*Answer](err)
	return ok && a.Status == status
}
