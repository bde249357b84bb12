// Package e2e tests Entente as those have it who run and use it: the real
// program, in processes of its own that are stopped, killed and cut off from
// what they need, asked through commands, the public API and a browser's eyes.
//
//	main_test.go      the workshop: the program, built once, and two companies for all
//	company_test.go   a company: its settings, its commands;  process_test.go: its processes
//	person_test.go    one of its people, and their client;  browser_test.go: their browser
//	queue_test.go     its NATS, or a cluster of them;  database_test.go: its Postgres
//	outsider_test.go  a server that the test plays
//	peer_test.go      a server of other software, fedify/;  front_test.go: TLS before a server
//
// chaos_test.go kills all of that in turn: stage_test.go is what can be killed,
// traffic_test.go and partner_test.go what people and a partner do meanwhile,
// ledger_test.go what they were promised, reconcile_test.go whether it is so.
//
// fedify_test.go and mastojs_test.go run with "make e2e" only: they need npm.
// The other files are the tests. All that they start they stop, by its process.
package e2e
