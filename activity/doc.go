// Package activity is the vocabulary of Entente: the nouns of ActivityStreams
// as companies use them, and the errors that everything speaks in.
//
//	Actor      a person, a group, or the instance itself        actor.go
//	Note       what someone wrote: note, article, page, event.. note.go
//	Envelope   what every activity carries                      envelope.go
//	Audience   who may see a thing                              audience.go
//	Collection followers, outbox, replies..., paged             collection.go
//	ID, Ref    the IRI that names a thing, or the thing itself  id.go
//	Fault      an error with a kind, a reason and a sentence    fault.go
//	Cursor     goes through JSON once, and builds nothing       cursor.go
//
// A noun's JSON is its ActivityPub form: there is no second struct for the
// wire. Reading is forgiving (one or many, link or object, null or absent, a
// wrong type in a minor place), writing is strict. JSON-LD contexts are neither
// fetched nor processed.
package activity
