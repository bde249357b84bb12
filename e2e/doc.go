// Package e2e tests Entente as those have it who run and use it: the real
// program, in processes of its own that are stopped, killed and cut off from
// what they need, asked through commands, the public API and a browser's eyes.
//
//	main_test.go      the workshop: the program, built once, and two companies for all
//	company_test.go   a company: its settings, its commands;  process_test.go: its processes
//	person_test.go    one of its people, and their client;  browser_test.go: their browser
//	outsider_test.go  a server that the test plays
//	peer_test.go      a server of other software, fedify/;  front_test.go: TLS before a server
//
// fedify_test.go and mastojs_test.go run with "make e2e" only: they need npm.
// The other files are the tests. All that they start they stop, by its process.
package e2e
