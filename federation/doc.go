// Package federation is what Entente does when an activity happens, whether one
// of our people did it or a partner told us. Both ways meet in the same Verify
// and Apply of the verb's own file.
//
//	our people:  Service.Like ─► Deed.Do ─► Record, Verify, Apply ─► Fan ─► Deliver
//	partners:    inbox ─► Received ─► Receive: resolve ─► Record, Verify, Apply
//
// Everything of one activity happens in one transaction, promises included. What
// must be fetched is fetched before, with a budget; nothing is fetched inside.
package federation
