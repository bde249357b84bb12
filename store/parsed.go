package store

import (
	"encoding/json"
	"sync"

	"entente.example/entente/activity"
)

// parsedMost is how many documents are remembered: the people on the pages that are
// read just now. Each costs some kB.
const parsedMost = 2000

// parsed remembers what the documents of actors say, since to read the same 30 of them
// again was a third of what a page of posts cost. Nothing can be out of date: a document
// is compared with the one that was read. What it gives is shared, and not to be changed.
// Safe for many users at once.
type parsed struct {
	mu  sync.RWMutex
	all map[Key]parsedActor
}

type parsedActor struct {
	doc   string
	actor activity.Actor
}

func newParsed() *parsed { return &parsed{all: map[Key]parsedActor{}} }

// actor is what a row says.
func (p *parsed) actor(r actorRow) Actor {
	p.mu.RLock()
	known, ok := p.all[r.Key]
	p.mu.RUnlock()
	if ok && known.doc == string(r.Doc) {
		return r.as(known.actor)
	}
	a := r.actor()
	p.mu.Lock()
	defer p.mu.Unlock()
	for other := range p.all {
		if len(p.all) < parsedMost {
			break
		}
		delete(p.all, other) // any one
	}
	p.all[r.Key] = parsedActor{string(r.Doc), a.Actor}
	return a
}

// as is a row whose document has been read.
func (r actorRow) as(doc activity.Actor) Actor {
	return Actor{Actor: doc, Key: r.Key, Host: r.Host, Local: r.Local, FetchedAt: r.FetchedAt,
		SuspendedAt: r.SuspendedAt.Time, DeletedAt: r.DeletedAt.Time}
}

// actor reads a row.
func (r actorRow) actor() Actor {
	var doc activity.Actor
	_ = json.Unmarshal(r.Doc, &doc) // we wrote it ourselves
	return r.as(doc)
}
