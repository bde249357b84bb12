// Package worker runs the jobs that transactions have promised. Postgres says
// what must happen; JetStream only says when and where.
//
//	tx.Enqueue ──► outbox ──relay──► JOBS (JetStream) ──► a worker ──► done
//	  (Postgres)     ▲                                       │
//	                 │ due, or a probe             not now   │   never
//	              releaser ◄────────── parked ◄──────────────┴──► dead letter
//	                                 (Postgres)
//
// What is guaranteed:
//
//   - A promise runs if, and only if, its transaction commits. The relay forgets
//     it once JetStream has acknowledged it.
//   - A job runs at least once, as a rule once. It may run again when a process
//     or a connection dies in the wrong moment; every function must bear that. What a
//     killed process held goes on within 15 s, elsewhere or when it is back.
//   - Order is no promise: jobs run side by side. What was parked for a host goes
//     out oldest first.
//   - NATS may be away, for an hour or at the start: promises wait in Postgres,
//     and relay and consumers go on by themselves, making the stream if need be.
//   - What cannot run now does not stay in the queue. It is parked in Postgres
//     with the time of its next try and acknowledged at the same moment, so a
//     dead partner takes no room. What cannot run ever, or has failed too often,
//     becomes a dead letter with the reason. (Only while Postgres is away a job
//     stays where it is.)
//   - From 5 failures in a row on a host is down: its deliveries are parked
//     untried, and one probe at a time is sent out, after 5 s and then ever more
//     rarely up to once an hour, or soon after the host has spoken to us. One
//     success releases them all. A delivery is given up after 20 tries or 7 days.
//   - A host gets at most 4 deliveries at once from one process. Those behind
//     them wait in a short line that holds no worker, and beyond that are parked
//     until the line calls them back: see lanes.
//   - A panic in a job is logged and counted, and the job is tried again.
//   - When Run is told to end, running jobs have 2.5 s; after that they are cancelled
//     and given back to the queue, which takes a moment more.
//
// Between the relay's delete and the job's end a job is only in JetStream's
// file store, which we trust: a killed process or server loses nothing, a power
// failure can take the last second (broker.SyncInterval), the loss of JetStream's
// disk takes what was in the queue. Three replicas of the stream close that gap;
// the number is the operator's to set, and kept.
package worker
