package remote

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/dunglas/httpsfv"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
)

// Keys are the private keys of one of our actors.
type Keys struct {
	RSA     httpsign.Signer
	Ed25519 httpsign.Signer // has no Key where there is none
	Before  *Keys           // those before the last rotation, while they are kept
}

// OldFirst are the same keys, those from before the rotation first: for the news of
// the rotation itself, which must be believed by who knows nothing of it.
func (k Keys) OldFirst() Keys {
	if k.Before == nil {
		return k
	}
	return Keys{RSA: k.Before.RSA, Ed25519: k.Before.Ed25519, Before: &Keys{RSA: k.RSA, Ed25519: k.Ed25519}}
}

// knock is one way to sign a request.
type knock struct {
	dialect Dialect
	by      httpsign.Signer
}

// as is how these keys sign in a dialect: with RSA where there is no Ed25519.
func (k Keys) as(d Dialect) knock {
	if d == MessageEd && k.Ed25519.Key != nil {
		return knock{d, k.Ed25519}
	}
	if d == MessageEd {
		d = Message
	}
	return knock{d, k.RSA}
}

// sign signs a request, whose body is sent as it is.
func (c *Client) sign(r *http.Request, body []byte, k knock) error {
	if k.dialect == Cavage {
		return httpsign.Sign(r, body, k.by, c.opts.Now())
	}
	return httpsign.SignMessage(r, body, k.by, c.opts.Now())
}

// knock asks for u, signed in the dialect of its host, and when that is answered
// by 400 or 401 a second time in another one (double-knocking, interop §1.6). In
// the week after a rotation it then asks once more with the keys from before: Misskey
// and Lemmy look for the key of the actor that they know, not for that of the
// request, and take the new one only from an Update. Any other answer ends it: what
// was taken is never sent again.
//
// When all are refused the answer is the first one, since that was in the dialect
// that the host is known to read; but when it was 400, and 401 in the other dialect, it
// is that. A host that tells two signatures of the same request apart speaks of them
// and not of what is sent: that may be taken another day, and 400 would end it.
func (c *Client) knock(ctx context.Context, u *url.URL, by Keys, send func(knock) (*http.Response, error)) (*http.Response, error) {
	host := activity.ID(u.String()).Host()
	known, until := c.opts.Dialects.of(ctx, host)
	if known == "" {
		known = Cavage
	}
	first := by.as(known)
	resp, err := send(first)
	if err != nil || !isRefusal(resp) {
		if err == nil && isOK(resp.StatusCode) {
			c.opts.Dialects.worked(ctx, host, first.dialect, until, true)
		}
		return resp, err
	}
	setAside(resp)
	knocks := []knock{by.as(other(first.dialect, resp.Header))}
	if by.Before != nil {
		knocks = append(knocks, by.Before.as(first.dialect))
	}
	for n, k := range knocks {
		again, err := send(k)
		if err != nil {
			return nil, err
		}
		if isRefusal(again) {
			setAside(again)
			if n == 0 && again.StatusCode == http.StatusUnauthorized {
				resp = again
			}
			continue
		}
		if n == 0 && isOK(again.StatusCode) {
			c.opts.Dialects.worked(ctx, host, k.dialect, until, false)
		}
		return again, nil
	}
	return resp, nil
}

// isRefusal says that a request may be refused for how it is signed. GoToSocial,
// Mastodon and most others say 401, Lemmy and strict readers of structured fields 400.
func isRefusal(resp *http.Response) bool {
	return resp.StatusCode == http.StatusBadRequest || resp.StatusCode == http.StatusUnauthorized
}

// setAside reads the body of a refusal, as much as the log wants of it, and gives its
// connection back. The status is the answer, whatever becomes of the rest.
func setAside(resp *http.Response) {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, limits.DeliveryAnswer))
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(text))
}

// other is the dialect to try after one that was refused: what the refusal asks
// for (Accept-Signature, RFC 9421 §5.1), if that is another one, else the other
// family. RSA is what every reader of RFC 9421 in the fediverse takes.
func other(refused Dialect, h http.Header) Dialect {
	if wanted := accepted(h); wanted != "" && wanted != refused {
		return wanted
	}
	if refused == Cavage {
		return Message
	}
	return Cavage
}

// accepted is the dialect that an Accept-Signature header asks for; "" without
// one, or when it cannot be read.
func accepted(h http.Header) Dialect {
	wanted, err := httpsfv.UnmarshalDictionary(h.Values("Accept-Signature"))
	if err != nil {
		return ""
	}
	for _, label := range wanted.Names() {
		member, _ := wanted.Get(label)
		list, ok := member.(httpsfv.InnerList)
		if !ok || list.Params == nil {
			continue
		}
		switch alg, _ := list.Params.Get("alg"); alg {
		case "ed25519":
			return MessageEd
		case nil, "rsa-v1_5-sha256":
			return Message
		}
	}
	return ""
}
