// Package limits is how much of what others send or name is read, kept, fetched or
// done: every size, depth, count, time and rate, with its reason. Nobody else has
// such a number (a test sees to that), and nothing here can be configured.
//
// Each constant says its unit first. Where it is an answer to a known attack, it
// says which: "row n" is performed by the tests named TestAttack<n>; "as Mastodon"
// means that larger documents do not come from there, and that smaller limits
// would refuse what does.
package limits

import "time"

// Documents. What is beyond one of these is refused, but for Touched, which is cut off.
const (
	Document         = 1 << 20 // bytes of an activity that is received or a document that is fetched, unpacked: as Mastodon takes (row 12)
	Depth            = 64      // levels of nesting: real documents have 7, deeper ones are made to exhaust readers (row 12)
	ID               = 2048    // bytes of an IRI: longer ones fit into no index
	Host             = 253     // bytes of the name of a host (RFC 1035 §2.3.4, as it is written)
	Username         = 128     // bytes of a preferredUsername: longer ones fit into no mention
	Addressees       = 2000    // entries of to, cc and audience together: each is looked up, and nobody may lose one unnoticed
	Objects          = 20      // things that one activity brings: each is stored under locks
	Touched          = 64      // things that one activity can hold others up for
	Origins          = 2000    // spellings of hosts in one document: more than any activity has, and few enough to ask for all at once
	StrangerMentions = 4       // people named by somebody whom nobody here follows: the spam of February 2024 named five (row 28)
)

// Signatures and keys. What is beyond one of these is refused before any arithmetic.
// The times are Mastodon's: a signature without expiry is good for 1 h 5 min in all.
const (
	SignatureHeader = 8 << 10 // bytes of each header of a signature: one by the largest key has 1.4 kB
	Signatures      = 4       // signatures of one request: the sender's, and those of a few proxies
	SignedParts     = 32      // parts of the request that a signature covers: the fediverse covers seven at most
	MinKeyBits      = 2048    // bits of an RSA key at least: a shorter one can be broken
	KeyBits         = 8192    // bits of an RSA key at most: beyond, each of its signatures costs too much to check
	PEM             = 8 << 10 // bytes of a key's text: 8192 bits need 1.5 kB
	Multibase       = 96      // characters of a Multikey or a proof: a signature of Ed25519 has 89, and the work grows with the square

	ClockSkew          = time.Hour       // clocks of partners are that wrong, both ways
	UsualSignatureLife = 5 * time.Minute // a signature counts, when the sender does not say (expires)
	SignatureLife      = 12 * time.Hour  // a signature counts, whatever the sender says
)

// What is kept of a document. The rest is cut off without a word, as Mastodon does.
const (
	Tags            = 500      // tags of an object, of any kind
	Hashtags        = 100      // hashtags of an object
	Hashtag         = 100      // bytes of a hashtag
	Emojis          = 100      // emoji in one text: as Mastodon shows
	Entries         = 50       // entries of any other list: attachments, answers of a poll, lines of a profile (as Mastodon)
	Properties      = 1000     // properties of an object
	Languages       = 20       // languages of one text
	LanguageCode    = 35       // bytes of the code of a language (RFC 5646 §4.4.1)
	Keys            = 10       // keys of each kind of one actor: as Mastodon reads
	Name            = 2048     // bytes of a name: as Mastodon
	Field           = 2047     // bytes of a line of a profile: as Mastodon
	Summary         = 20 << 10 // bytes of a summary: as Mastodon
	Description     = 8 << 10  // bytes of the alternative text of a file
	Place           = 500      // bytes of a place
	Reaction        = 64       // bytes of an emoji: more than the longest one has
	PollAnswer      = 1000     // bytes of an answer of a poll
	Count           = 1e11     // people or votes in a count: more than there are people
	PictureSide     = 1 << 20  // pixels of a side that a document claims: JPEG ends at 65,535
	Blurhash        = 4 + 2*81 // characters of a blurhash: the most components are 9 by 9
	EarliestYear    = 1970     // year of a date at the earliest
	LatestYear      = 2200     // year of a date at the latest
	ReportComment   = 5000     // characters of the comment of a report: as Mastodon sends
	ReportedNotes   = 100      // notes in one report
	SoftwareName    = 64       // bytes of the name of the software of a host: Mastodon's forks have 20
	SoftwareVersion = 64       // characters of its version: those with a branch and a commit have 40
	Reason          = 500      // bytes of the reason why something of others was put aside
)

// What is kept of others in our database.
const (
	Versions             = 40                  // former versions of one note: the first, and those before the present one
	Repeats              = 8                   // activities that did the same before, one person to one note or actor: until they are taken back
	Reactions            = 20                  // emoji that one person puts beside one note
	ReactionsShown       = 30                  // different emoji that are shown beside one note
	ThreadShown          = 500                 // notes of one thread that are shown
	Reports              = 20                  // open reports by one reporter about one account
	HostReports          = 200                 // open reports by all of one host: it can make reporters without end, and admins read a few
	FirstContacts        = 20                  // times in FirstContactsWithin that our people are told what somebody wrote whom they have nothing to do with: who is new somewhere meets a few people a day (row 28)
	DomainFirstContacts  = 200                 // the same by all of one registered domain, for accounts cost nothing there; a large server reaches everybody who answers it (row 28)
	PartnerFirstContacts = 500                 // the same by one person of a partner, who may write to a whole department: beyond, somebody has taken over the account (row 28)
	SealedMessages       = 1000                // encrypted messages of one author that wait for one of our people: a device that was away for weeks finds them all
	KeyPackages          = 100                 // key packages of one actor: some for each device
	StampQuotes          = 100                 // quotes by one stamp that fall with it: a stamp is for one
	Dialects             = 10_000              // hosts of which it is known, without asking the database, how they sign
	DialectLife          = 7 * 24 * time.Hour  // a dialect counts after it last worked, or was last claimed: a host may go back to an older version
	CatchUp              = 100                 // posts that a follower is shown that came before the Accept did: it is easily overtaken
	HostLife             = 30 * 24 * time.Hour // what is known of a host, or of its knocking, after the last of it was found out: with nobody there whom we know it is good for nothing after 7 days, the longest that a delivery waits or a dialect is remembered (row 12)
	UnusedApp            = 24 * time.Hour      // a client program that has registered, until somebody signs in with it: people do so at once, and strangers can register any number
	RawLife              = 30 * 24 * time.Hour // the text of an activity that others have sent, known, unknown or refused: until then it explains what has happened, and an Undo may bring it back; its id is kept for good, so that it has no effect twice
	ForgottenAtOnce      = 5_000               // such texts, or client programs, that one transaction takes away: it holds their locks
	Knocks               = 1_000               // hosts that are remembered for having knocked: anybody can knock under any name, and must not fill the disk so
)

// Fetching for others: how much, how far and how often.
const (
	Discovery             = 64 << 10                    // bytes of WebFinger, host-meta and NodeInfo: real ones have 2 kB
	DeliveryAnswer        = 4 << 10                     // bytes that are read of the answer to a delivery: it is for the log
	AnswerHeader          = 64 << 10                    // bytes of the header of an answer
	Redirects             = 3                           // redirects of one address: more are a loop or a maze (row 12)
	Addresses             = 4                           // addresses of one host name that are tried, one after another
	Fetches               = 20                          // requests that one activity makes us send to take it in, its signature, WebFinger, redirects and knocks with the rest: enough for an author, a parent and its ancestors, too few to make us a crawler or a weapon; as Lemmy (row 12)
	Pages                 = 10                          // pages of one collection: PeerTube read for ever, CVE-2025-32947 (row 12)
	NewHosts              = 10                          // hosts of one registered domain that we know nobody of, in NewHostsWithin: as Mastodon, CVE-2022-46405 (row 26)
	ThreadFetches         = 200                         // requests for one filling of a thread, Fetches in each run (row 12)
	ThreadFetchesEver     = 1000                        // requests for one thread, ever (row 12)
	Leads                 = 200                         // posts and pages of a thread that are waiting: what is found beyond is forgotten
	LeadBytes             = 200 << 10                   // bytes of their ids: a job has to fit into a message
	Featured              = 10                          // posts that an actor features: Mastodon lets people pin five
	DirectoryFound        = 20                          // people whom one partner's directory finds for us, as ours does for them
	DirectoryWords        = 100                         // characters that are looked for in directories
	DirectoriesAtOnce     = 8                           // directories that one search asks at the same time
	GivenPage             = 40                          // entries on a page of a collection of ours, or in one that has no pages
	SynchronisationHeader = 8 << 10                     // bytes of the header Collection-Synchronization
	SynchronisationPage   = 1000                        // people on a page of our list for it
	Synchronised          = Pages * SynchronisationPage // followers of one actor that are synchronised: more cannot be read
	Healed                = 200                         // followers that one synchronisation corrects: the next one goes on
	Mentions              = 20                          // people whom a post of ours names: each one unknown costs a request to another server
	Warning               = 500                         // characters of a content warning of ours: others show it on one line
	Title                 = 200                         // characters of a title of ours: Lemmy takes no more
	Companies             = 1_000                       // companies of a group elsewhere: they are in its document, and looked through with each thing that one of ours does in it
	Topics                = 50                          // topics of a group: they are in its document, and one list to choose from
	TopicName             = 60                          // characters of the name of a topic: it is a link on one line
	TopicKey              = 64                          // characters of what the id of a topic ends with
	Reminders             = 34                          // times that a wish of ours is repeated which nobody answers: for a month
	Refollows             = 100                         // people in one run of following somebody to a new place
	Regrouped             = 500                         // posts of a group in one run of showing them in the one that it goes on as: each is written anew, and nobody who reads it waits for long
	NamesTried            = 1000                        // names with a number behind them that are tried for a group that goes on here
)

// How often others can make us do the same again.
const (
	NewHostsWithin      = 24 * time.Hour      // for NewHosts
	ThreadEvery         = 15 * time.Minute    // between two fillings of a thread
	FeaturedEvery       = 12 * time.Hour      // between two looks at what an actor features, besides what Add and Remove say
	DirectoryEvery      = 10 * time.Minute    // a partner's directory is asked for the same words again
	SynchroniseEvery    = time.Minute         // between two synchronisations of one actor's followers, or of a group's members: whoever is removed is out by then, also if the word of it is lost
	MoveEvery           = 7 * 24 * time.Hour  // between two moves of one actor: as Mastodon
	AskedWithin         = 5 * time.Minute     // since an actor was fetched, for a move not to fetch it again
	SealedLife          = 30 * 24 * time.Hour // an encrypted message waits to be read
	AnswerEvery         = 30 * time.Second    // between two answers to the same request: an honest sender repeats it after a minute or more, a proof can be brought by anybody at any time
	AskEvery            = time.Hour           // one actor's host is asked how they are because of words that nobody can check: these cost their sender nothing
	KeyKept             = 7 * 24 * time.Hour  // a key of ours counts after a rotation: as long as a delivery is tried, so that nothing that was on its way is lost
	AliveEvery          = 10 * time.Minute    // between two notes that a host is alive
	CopyEvery           = 20 * time.Hour      // between two readings of who is in a group, by its successor: a day, with room for the round
	RenewEvery          = 5 * 24 * time.Hour  // between two signatures under who goes on with a group: both sign it with keys that are shown, also after a rotation (KeyKept)
	ClaimEvery          = 20 * time.Hour      // between two times that a claim is said to who has not come: they may have heard the old host, or not us
	ClaimsFor           = 90 * 24 * time.Hour // after a claim, that it is said
	BackFor             = 7 * 24 * time.Hour  // after a silence of our own, in which the claims of groups of ours are believed: they are said each day, and later ones are of somebody who only remembers that we were away once
	SilenceLeast        = 1                   // days of silence after which a successor may claim a group: a restart, or a weekend without a network, is none
	SilenceUsual        = 14                  // days, where nobody says: after which agreements are suspended too
	SilenceMost         = 90                  // days: a group that nobody looks after for longer has ended
	CardLife            = KeyKept             // the card of a member counts: as long as what it comes with may be on its way
	KeyTrusted          = 24 * time.Hour      // a key counts after its owner was asked last, until they are asked again: it may have been withdrawn without a word
	FirstContactsWithin = 24 * time.Hour      // for the three FirstContacts
	SoftwareEvery       = 24 * time.Hour      // between two questions to a partner which software it runs
	ActorEvery          = 24 * time.Hour      // an actor is fetched again because somebody of ours searches for them
	DialectEvery        = 24 * time.Hour      // between two notes that a dialect still works, and after a host did not take the one that it claims, until that is tried again
	DialectRead         = time.Minute         // until it is read again what another process may have learnt of a dialect
	CatchUpSkew         = time.Minute         // before the request, for CatchUp: the clocks of two companies are that far apart
	ProbeTime           = time.Minute         // a probe of a host that is down may take, until the next one goes out
	ProbePause          = 5 * time.Second     // from a sign of life of such a host to the next probe: there may be many signs
	TallyEvery          = time.Minute         // between two tellings of the votes in a poll
	KeyRetry            = time.Minute         // after a key that could not be had, until it is asked for again
	KeyRefresh          = 5 * time.Minute     // after a signature that did not fit, until its key is asked for again
	KeySeats            = 40                  // keys of one host that are asked for in vain, or again, in KeySeatTime: whoever names a key makes us ask its host, before anybody knows who that was; neither one key nor many made-up ones may turn us against a partner (Fedify CVE-2026-34148)
	KeySeatsEach        = 10                  // of them by requests of one address, or by what one host forwards: nobody has them all, and who finds none is to come again
	KeySeatTime         = time.Minute         // for KeySeats and KeySeatsEach
	Recent              = 10_000              // such things that are remembered
)

// How long we wait for others, slow bodies included.
const (
	DeliveryTime  = 30 * time.Second // a delivery in all: the worker has lanes and a breaker for these
	DirectoryTime = 3 * time.Second  // that a search waits for the directories of partners: somebody looks at a spinner
	FetchTime     = 10 * time.Second // a fetch in all, its turn and redirects too: somebody's activity holds a worker meanwhile, or a person looks at a spinner
	ConnectTime   = 10 * time.Second // name lookup and all addresses of a host
	AddressTime   = 4 * time.Second  // one address: a dead IPv6 leaves time for IPv4
	RetryAfter    = 24 * time.Hour   // a partner's Retry-After: it asks for less traffic, not for none

	RequestHeaderTime = 10 * time.Second  // the header of a request to us: a slower client holds a connection for nothing
	RequestTime       = 30 * time.Second  // a request to us in all
	ResponseTime      = 60 * time.Second  // our answer, until it is taken
	KeptOpen          = 120 * time.Second // a connection to us that is not used
	RequestHeader     = 64 << 10          // bytes of the header of a request to us
)

// How much one host may hold us up by not answering.
const (
	FetchesPerHost  = 4                // fetches under way at once: the rest wait
	FirstPause      = 5 * time.Second  // after a failure, in which a host is not asked: each one more doubles it
	LongestPause    = 2 * time.Minute  // such a pause at most: a partner that is back is noticed within it
	FailingHosts    = 10_000           // hosts that are remembered for having failed
	IdleConnections = 2048             // unused connections that are kept: one to each of many partners, 30 kB each
	IdlePerHost     = 4                // unused connections to one host: HTTP/2 needs one, the rest is for HTTP/1.1
	IdleTime        = 90 * time.Second // an unused connection: the next post often comes within it
)

// How often others may come: so many at once, then one more in each time. Who comes
// more often is answered 429 with Retry-After. A request costs the address that it comes
// from, whatever name it bears and whatever is answered, unless its signature turns out
// good: then its address gets that back, and the host that has signed it pays.
const (
	HostBurst      = 20_000              // requests that one host has signed at once: a partner after an outage
	HostEvery      = time.Second / 4_000 // one more of them: many of its people write at once; more is a loop, and waits on their side
	LinkBurst      = 2_000               // pictures at once by the links that we have made for one of our people: ten full pages
	LinkEvery      = time.Second / 20    // one more of them: nobody scrolls faster for long
	BodiesHeld     = 64 << 20            // bytes of activities that are being received, in memory at once: who sends them is not known yet
	BodiesHeldEach = 8 << 20             // bytes of those from one address
	StrangerBurst  = 1_000               // requests at once of one address that nobody has signed, or not well: a whole company is looked up on a first morning
	StrangerEvery  = time.Second / 5     // one more of them: a dictionary of 18,000 names costs an hour
	FamiliarTime   = time.Hour           // an address is known to be one of a host's, after it was last: strangers behind the same proxy do not shut it out
	TryAgain       = time.Minute         // what who comes too often is told to wait where nobody knows until when
	PacedNames     = 20_000              // hosts, people and addresses that are counted: those that are free soonest are forgotten
)

// Pictures, which are read by a process of their own that may do nothing else.
const (
	PictureBytes    = 10 << 20               // bytes of a file, ours or a partner's: a photo of a good phone has 3 to 8 MiB, and Mastodon takes 16
	PicturePixels   = 7680 * 4320            // pixels of a picture: as Mastodon, and clients keep to it; a progressive JPEG of that size is the costliest
	PictureShown    = 3840 * 2160            // pixels to which a larger one is reduced: they fill any screen
	PictureOutput   = 4*PictureShown + 1<<20 // bytes that the process may write: a PNG of noise
	PictureMemory   = 1 << 30                // bytes that the process may take: a JPEG of 33 megapixels takes 530 MB of coefficients and 130 MB of colours
	PictureSeconds  = 15                     // seconds of the processor for one picture
	RecodeTime      = 20 * time.Second       // one picture, on a machine that has other things to do as well
	RecodesAtOnce   = 2                      // such processes at once: each may take PictureMemory and one processor
	RecodeComplaint = 500                    // bytes of what such a process complains of
	PictureCache    = 1 << 30                // bytes of partners' pictures that are kept
	PictureLife     = 7 * 24 * time.Hour     // a partner's picture is kept: who took it back does not see it for longer, unless the post itself is gone
	PictureRetry    = 10 * time.Minute       // what could not be had, or is no picture, is not tried again
	PictureTime     = 40 * time.Second       // the fetch of a partner's picture and its process together
)

// Agreements between organisations, which last 24 months at most, so that somebody looks
// again. What a partner tells of one is kept for good, so there is little of it.
const (
	GrantWords            = 64                   // words of a grant: more than there are
	GrantWord             = 64                   // bytes of a word of it
	GrantPeople           = 1000                 // people whom a grant names: more are a directory
	AgreementTexts        = 64                   // texts of one agreement: one of two years has a few
	CircleOrganisations   = 500                  // organisations of a list: that of a sector has some hundreds
	AgreementConsents     = 4                    // signatures of one party under one text: one is enough
	AgreementRounds       = 6                    // versions until both agree for the first time: who needs more should talk
	AgreementReason       = 1000                 // characters of a reason
	AgreementTerm         = 731 * 24 * time.Hour // from the beginning to the end of terms: 24 months
	OfferLife             = 14 * 24 * time.Hour  // an offer stands: somebody may be on holiday
	StrangerKeys          = 5                    // requests for the key of one host that we have never met, at once
	StrangerKeysEvery     = time.Minute          // then one more in each
	StrangerKeysEach      = 4                    // such requests that one address makes us send, at once: its made-up hosts leave some to who comes with an offer
	StrangerKeysEachEvery = 2 * time.Minute      // then one more in each
	StrangersKeys         = 60                   // such requests to all hosts together, at once
	StrangersKeysEvery    = time.Second          // then one more in each
	OfferPause            = 30 * 24 * time.Hour  // after a refusal, until the next offer
	OpenOffers            = 100                  // registered domains whose offers wait for an answer, of strangers
	DomainOffers          = 5                    // such offers of one registered domain: whoever has one can make up any number of hosts, and a company has few
	OfferRetry            = time.Hour            // what who offers is told to wait when there are too many: an admin may have answered some
	OfferLate             = 3 * 24 * time.Hour   // its answer may be under way after that
	PartnerSilence        = 14 * 24 * time.Hour  // without a word of the other side, until this one suspends
	HeldForPartner        = 30 * 24 * time.Hour  // what waits for a suspended partner, since it was done
	PartnerDigest         = 24 * time.Hour       // from one digest to the next
	WindDown              = 30 * 24 * time.Hour  // from the end until all copies are gone
)

// Exports of groups, which hold a moment of the database for as long as they take.
const (
	Exports     = 2               // that one process streams at once
	ExportEvery = 5 * time.Minute // between two that one person begins: a group of a million posts takes as long
	ExportTime  = time.Hour       // one may take: a client that reads slowly holds up how the database is cleaned
)
