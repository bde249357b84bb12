package api

import (
	"slices"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Policy is who may call a route. The zero Policy lets nobody in, so that a
// route which forgot to declare one is closed.
type Policy struct {
	who     who
	scopes  []string // one of them is needed
	streams bool
}

type who uint8

const (
	nobody who = iota
	anyone
	app
	member
	admin
)

// Anyone may call, with a token or without; the token is not looked at.
func Anyone() Policy { return Policy{who: anyone} }

// App lets every valid access token in: an app's own, or a member's.
func App() Policy { return Policy{who: app} }

// Member lets a signed-in member in whose token has the scope, or one of the
// others (Mastodon's granular scopes: "read" includes "read:statuses").
func Member(scope string, others ...string) Policy {
	return Policy{who: member, scopes: append([]string{scope}, others...)}
}

// Admin lets an admin in whose token has the scope. Only operators make such tokens:
// see grant.ReadOperatorScopes.
func Admin(scope string) Policy { return Policy{who: admin, scopes: []string{scope}} }

// IsAdmin says that only admins may call.
func (p Policy) IsAdmin() bool { return p.who == admin }

// Streaming is the same policy for a Stream, whose token may also be in the
// address (access_token) or the subprotocol of a WebSocket.
func (p Policy) Streaming() Policy {
	p.streams = true
	return p
}

// IsDeclared says that the policy is not the zero Policy.
func (p Policy) IsDeclared() bool { return p.who != nobody }

// IsAnyone says that no token is needed.
func (p Policy) IsAnyone() bool { return p.who == anyone }

// Scopes are those of which a token needs one; nil where none is needed.
func (p Policy) Scopes() []string { return slices.Clone(p.scopes) }

// admit refuses (Denied) a viewer who may not call.
func (p Policy) admit(v store.Viewer) error {
	switch {
	case p.who == anyone, p.who == app:
		return nil
	case p.who == admin && !v.Member.Admin:
		return activity.Refuse(activity.Denied, "needs_admin", "only an admin of this instance may do this")
	case p.who == member && !v.Is():
		return activity.Refuse(activity.Denied, "needs_member", "this needs the token of a person who has signed in, not that of an app")
	case p.who >= member && slices.ContainsFunc(p.scopes, v.May):
		return nil
	case p.who == admin:
		return activity.Refuse(activity.Denied, "insufficient_scope", "this needs the scope %s: 'entente member token' makes a token that has it", strings.Join(p.scopes, " or "))
	case p.who == member:
		return activity.Refuse(activity.Denied, "insufficient_scope", "this needs the scope %s; sign in again in the app and allow it", strings.Join(p.scopes, " or "))
	default:
		return activity.Refuse(activity.Denied, "no_policy", "nobody may call this yet")
	}
}
