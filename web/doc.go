// Package web is the network as people see it in a browser: pages made on the
// server, in English and French, without a script. Who has not signed in sees
// the front page and the sign-in page, and nothing else.
//
//	a request   visit.go     who comes, in which language, with which cookies
//	            guard.go     what every request must pass: origin, token, size
//	an endpoint a function from a visit to an answer (a page, or another place)
//	            home.go actor.go note.go group.go ... one file per noun
//	an answer   answer.go    becomes HTML through templates/ and a book
//	a book      book.go      all sentences of one language, from locale/*.json
//
// Pages only speak to store (to read) and to the engine in federation (to act),
// so whatever a page does, an app can do too.
package web
