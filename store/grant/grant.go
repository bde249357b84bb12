// Package grant is what an app may be given: scopes, the request for them that a
// member sees (OAuth 2.0, RFC 6749 §4.1) and the code that answers it.
package grant

import (
	"context"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// OutOfBand is the redirect address of clients that have none: the page shows
// the code and the person copies it.
const OutOfBand = "urn:ietf:wg:oauth:2.0:oob"

// CodeLife is how long an authorisation code can be turned into a token (RFC
// 6749 §4.1.2 advises at most ten minutes).
const CodeLife = 10 * time.Minute

// maxState is the longest state that is given back, in bytes.
const maxState = 4096

// scopes are those that apps may ask for, as Mastodon documents them, and
// those of our groups; what administers an instance is not given to apps.
var scopes = []string{
	"profile", "push", "follow", "read", "write",
	"read:accounts", "read:blocks", "read:bookmarks", "read:favourites", "read:filters", "read:follows", "read:groups",
	"read:lists", "read:mutes", "read:notifications", "read:search", "read:statuses",
	"write:accounts", "write:blocks", "write:bookmarks", "write:conversations", "write:favourites", "write:filters",
	"write:follows", "write:groups", "write:lists", "write:media", "write:mutes", "write:notifications", "write:reports", "write:statuses",
}

// Scopes are all that an app may ask for.
func Scopes() []string { return slices.Clone(scopes) }

// operatorScopes are those that administer the instance. No app can ask for them: an
// operator makes the token.
var operatorScopes = []string{"admin:read", "admin:write"}

// ReadOperatorScopes is ReadScopes for who runs the instance: also those that administer
// it can be given.
func ReadOperatorScopes(s string) ([]string, error) {
	return readScopes(s, slices.Concat(scopes, operatorScopes))
}

// ReadScopes splits a scope parameter (RFC 6749 §3.3: separated by spaces), an
// empty one means "read". A scope that does not exist is an Invalid fault with
// the reason "invalid_scope".
func ReadScopes(s string) ([]string, error) { return readScopes(s, scopes) }

func readScopes(s string, scopes []string) ([]string, error) {
	asked := strings.Fields(s)
	if len(asked) == 0 {
		return []string{"read"}, nil
	}
	slices.Sort(asked)
	asked = slices.Compact(asked)
	for _, a := range asked {
		if !slices.Contains(scopes, a) {
			return nil, activity.Refuse(activity.Invalid, "invalid_scope", "there is no scope %.50q here; ask for some of: %s", a, strings.Join(scopes, " "))
		}
	}
	return asked, nil
}

// Request is what an app asks a member for on the page /oauth/authorize
// (RFC 6749 §4.1.1, RFC 7636 §4.3). It comes checked out of Read:
//
//	GET   r, err := grant.Read(ctx, db, request.URL.Query())
//	      show r.App.Name, r.App.Website, r.Scopes, and r.Values() as hidden fields
//	POST  r, err := grant.Read(ctx, db, request.PostForm)
//	      consent:  code, err := grant.Issue(ctx, db, r, viewer.Actor.Key)
//	                r.IsOutOfBand() ? show the code : redirect (303) to r.Granted(code)
//	      no:       redirect to r.Refused(activity.Refuse(activity.Denied, "access_denied", "..."))
//
// On an error, redirect to r.Refused(err) unless that is "": then show the error
// on a page of ours, since the address is not the app's (RFC 6749 §4.1.2.1).
// Addresses of apps may have any scheme ("ivory://oauth"), and browsers hold a
// redirect after a form to the page's CSP form-action.
type Request struct {
	App         store.App
	RedirectURI string   // one of App.RedirectURIs; "" when it is not known good
	Scopes      []string // each covered by App.Scopes
	State       string   // given back as it came
	Challenge   string   // PKCE S256; "" when the app sent none
}

// Read checks the parameters of an authorisation request against the
// app's registration. Errors are Invalid faults whose reason is the error code of
// RFC 6749 §4.1.2.1, or NotFound (invalid_client) for an unknown app.
func Read(ctx context.Context, db *store.Store, form url.Values) (Request, error) {
	app, err := db.App(ctx, form.Get("client_id"))
	if err != nil {
		if activity.KindOf(err) == activity.NotFound {
			err = activity.Refuse(activity.NotFound, "invalid_client", "this app is not registered here; sign out in the app and start again")
		}
		return Request{}, err
	}
	r := Request{App: app}
	if uri := form.Get("redirect_uri"); !slices.Contains(app.RedirectURIs, uri) {
		return r, activity.Refuse(activity.Invalid, "invalid_request", "the app %s gave an address to return to that it has not registered", app.Name)
	}
	r.RedirectURI = form.Get("redirect_uri")
	return r, r.read(form)
}

// read checks what may be answered by a redirect.
func (r *Request) read(form url.Values) (err error) {
	if r.State = form.Get("state"); len(r.State) > maxState {
		r.State = ""
		return activity.Refuse(activity.Invalid, "invalid_request", "state has at most %d bytes", maxState)
	}
	if form.Get("response_type") != "code" {
		return activity.Refuse(activity.Invalid, "unsupported_response_type", "response_type must be code")
	}
	if r.Scopes, err = ReadScopes(form.Get("scope")); err != nil {
		return err
	}
	for _, s := range r.Scopes {
		if !store.Covers(r.App.Scopes, s) {
			return activity.Refuse(activity.Invalid, "invalid_scope", "the app is registered without the scope %s", s)
		}
	}
	return r.readChallenge(form.Get("code_challenge"), form.Get("code_challenge_method"))
}

// readChallenge takes the 43 characters of a SHA-256 (RFC 7636 §4.2); a missing
// method would mean "plain", which proves nothing.
func (r *Request) readChallenge(challenge, method string) error {
	if challenge == "" && method == "" {
		return nil
	}
	sum, err := base64.RawURLEncoding.DecodeString(challenge)
	if method != "S256" || err != nil || len(sum) != 32 {
		return activity.Refuse(activity.Invalid, "invalid_request", "code_challenge needs code_challenge_method=S256 and the base64url form of a SHA-256 (43 characters)")
	}
	r.Challenge = challenge
	return nil
}

// Values are the parameters again, for hidden fields of the consent form.
func (r Request) Values() url.Values {
	v := url.Values{"client_id": {r.App.ClientID}, "redirect_uri": {r.RedirectURI}, "response_type": {"code"}, "scope": {strings.Join(r.Scopes, " ")}}
	if r.State != "" {
		v.Set("state", r.State)
	}
	if r.Challenge != "" {
		v.Set("code_challenge", r.Challenge)
		v.Set("code_challenge_method", "S256")
	}
	return v
}

// IsOutOfBand says that there is nowhere to redirect to: the page shows the code.
func (r Request) IsOutOfBand() bool { return r.RedirectURI == OutOfBand }

// Granted is where to send the browser with the code (RFC 6749 §4.1.2), "" when
// the page must show it.
func (r Request) Granted(code string) string {
	return r.back(url.Values{"code": {code}})
}

// Refused is where to send the browser with an error (RFC 6749 §4.1.2.1), "" when
// the page must show it. What is internal goes out as server_error; the caller
// logs it.
func (r Request) Refused(err error) string {
	f := activity.FaultOf(err)
	reason := f.Reason
	if f.Kind == activity.Internal {
		reason = "server_error"
	}
	return r.back(url.Values{"error": {reason}, "error_description": {f.Say}})
}

func (r Request) back(answer url.Values) string {
	to, err := url.Parse(r.RedirectURI)
	if err != nil || r.RedirectURI == "" || r.IsOutOfBand() {
		return ""
	}
	if r.State != "" {
		answer.Set("state", r.State)
	}
	for k, vs := range to.Query() {
		if !answer.Has(k) {
			answer[k] = vs
		}
	}
	to.RawQuery = answer.Encode()
	return to.String()
}

// Issue gives the code that the app turns into a token, once and within
// CodeLife. A member who is locked is refused (Denied). Codes that nobody took
// are swept out with it.
func Issue(ctx context.Context, db *store.Store, r Request, member store.Key) (code string, err error) {
	code = store.NewSecret()
	err = db.InTx(ctx, func(tx *store.Tx) error {
		m, err := tx.Member(ctx, member)
		if err != nil {
			return err
		}
		if m.Locked() {
			return activity.Refuse(activity.Denied, "access_denied", "this account is locked; an administrator can unlock it")
		}
		return tx.PutCode(ctx, store.Code{Hash: store.Hash(code), App: r.App.Key, Member: member, RedirectURI: r.RedirectURI,
			Scopes: r.Scopes, Challenge: r.Challenge, ExpiresAt: tx.Now.Add(CodeLife)})
	})
	if err != nil {
		return "", err
	}
	return code, nil
}
