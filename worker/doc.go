// Package worker runs the jobs that transactions have promised. Postgres says
// what must happen; JetStream only says when and where.
//
//	tx.Enqueue ──► outbox ──relay──► JOBS (JetStream) ──► a worker ──► done
//	  (Postgres)     ▲                                       │
//	                 │ due, called back, or a probe  not now │   never
//	              releaser ◄────────── parked ◄──────────────┴──► dead letter
//	                                 (Postgres)
//
// What is guaranteed, and the tests that try it:
//
//  1. Accepted means kept. A promise runs if, and only if, its transaction commits,
//     and at least once: as a rule once, again when a process or a connection dies in
//     the wrong moment, which every function must bear. The outbox keeps it until the
//     queue has it safely on its disk; deliveries have a row of their own until they
//     are settled, and what the queue has lost is sent again (WhatTheQueueHasLost...).
//     That is so for deliveries alone: a stream that somebody purges or deletes takes
//     along the other jobs in it that it has held for two seconds or longer.
//     `make chaos` kills everything at random and compares what was accepted with what
//     is there.
//  2. Order where it matters. What one actor does about one thing reaches an inbox in
//     the order in which it was done, whichever worker delivers it: a delivery waits
//     while an earlier one is not settled, a fan while an earlier one is not spread
//     (ActivitiesAboutOneThing...). Everything else runs side by side.
//  3. Fair. A host gets at most 4 deliveries at once from one process, 1 until it has
//     taken one. Those behind them wait in a short line, and beyond it in Postgres until
//     the line calls them back (lanes). Hosts that did not take the last one have seats
//     of their own, and whoever needs longer than a second moves to the slow ones: they
//     only take from each other (seats; HostsThatNeverAnswer..., `entente bench fair`).
//     Large fans have half of the places of fans (ManyLargeFans...).
//     A host that asks for time (Retry-After) gets it, for everything that goes there
//     (AHostThatAsks...). From 5 failures in a row on it is down: what goes there is
//     parked untried, and one probe at a time is sent, after 5 s and then ever more
//     rarely up to once an hour, or soon after the host has spoken to us.
//  4. Bounded. The queue is fed with a few hundred deliveries at a time; all others
//     wait in Postgres, and when a host is up again they are called back oldest first,
//     as fast as it takes them. A delivery is given up after 20 tries or 7 days, and
//     counted (hosts.dropped); what came of one, and dead letters, are kept for 90 days
//     (WhatWaitsIsBounded...).
//  5. More processes do more. Workers share the queue; what a killed one held goes on
//     within 15 s elsewhere. A stream in a cluster is kept on three servers.
//  6. Nothing waits for NATS. It may be away, for an hour or at the start: promises wait
//     in Postgres, and relay and consumers go on by themselves, making the stream if
//     need be (outage_test.go, and package e2e).
//
// A panic in a job is logged and counted, and the job is tried again. When Run is told
// to end, running jobs have 2.5 s; after that they are cancelled and given back to the
// queue, which takes a moment more.
package worker
