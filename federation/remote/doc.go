// Package remote is the one HTTP client for everything that leaves this server:
// it fetches ActivityPub documents by their id, finds actors by their handle
// (WebFinger, RFC 7033) and delivers activities to inboxes.
//
// Every request, and every hop of a redirect, passes the same doors in the same
// order:
//
//	does its host answer these days?     visit     fetches only: few at once, none while it hangs
//	is it an address that we may call?   permit    https, port 443, no user info
//	may we talk to that host?            Gate      asked before DNS
//	where does it lead?                  dialer    the resolved IP is checked, then that IP is dialled
//	how much and how long?               package activity/limits: bytes after decompression, one deadline in all
//	is it what it says?                  Fetch, Finger
//
// Errors are activity faults. NotFound and Gone mean that the partner said so,
// Later that the same may work in a while; every other kind is for good. When
// the partner gave an HTTP answer, an *Answer is in the error's tree.
package remote
