package remote

import "time"

// How much a partner may send. Everything is counted after decompression.
const (
	MaxDocument  = 1 << 20  // bytes of an ActivityPub document; Mastodon takes as many
	MaxDiscovery = 64 << 10 // bytes of WebFinger, host-meta and NodeInfo; real ones have 2 kB
	MaxPicture   = 10 << 20 // bytes of a picture: as many as our own people may send
	MaxAnswer    = 4 << 10  // bytes that are read of the answer to a delivery; it is for the log
	maxHeader    = 64 << 10 // bytes of an answer's header
)

// How far we follow.
const (
	MaxRedirects = 3 // per address asked for; more are a loop or a maze
	maxAddresses = 4 // of one host name, tried one after another
)

// How long we wait.
const (
	// A delivery in all, slow bodies included. The worker has lanes and a breaker for these.
	deliverDeadline = 30 * time.Second
	// A fetch in all: its turn, redirects and slow bodies included. Somebody else's
	// activity holds a worker's slot meanwhile, or a person looks at a spinner.
	fetchDeadline  = 10 * time.Second
	connectTimeout = 10 * time.Second // name lookup and all addresses of a host
	addressTimeout = 4 * time.Second  // one address, so that a dead IPv6 leaves time for IPv4
	idleTimeout    = 90 * time.Second // an unused connection; the next post often comes within it
	maxRetryAfter  = 24 * time.Hour   // a partner asks for less traffic, not for none
)

// How much one host may hold us up by not answering.
const (
	maxFetchesHost = 4               // under way at once; the rest wait
	firstPause     = 5 * time.Second // after a failure; each one more doubles it
	longestPause   = 2 * time.Minute // a partner that is back is noticed within it
	maxHosts       = 10_000          // that are remembered for having failed
)

// How many unused connections are kept.
const (
	maxIdle     = 256
	maxIdleHost = 4 // HTTP/2 needs one; the rest is for HTTP/1.1
)
