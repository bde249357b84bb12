package federation

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"sync"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
)

// letter is what is the same for all inboxes of an activity.
type letter struct {
	raw    json.RawMessage
	sender store.Actor
	keys   remote.Keys
	behind map[string]store.Digest // see synchronised

	said     activity.Envelope
	confined bool // it is about a group that is not for everybody, or by one of ours

	largest int64 // bytes of the largest file of ours with it, 0: none
}

// mail keeps letters for a moment: reading one, and the key that signs it, for each
// of a thousand inboxes costs as much as sending it.
type mail struct {
	mu   sync.Mutex
	open map[store.Deliver]*opened // by activity, sender and Before
}

type opened struct {
	until time.Time
	read  func() (letter, error)
}

const (
	letterKept = 5 * time.Second // whoever is suspended sends for so long what was under way
	lettersAt  = 64              // that are kept at once
)

// letter is that of a delivery. Those who want the same one wait for whoever reads it.
func (m *mail) letter(ctx context.Context, s *Service, job store.Deliver) (letter, error) {
	job.Inbox, job.Object = "", 0
	m.mu.Lock()
	o := m.open[job]
	if o == nil || time.Now().After(o.until) {
		o = &opened{time.Now().Add(letterKept), sync.OnceValues(func() (letter, error) { return s.write(context.WithoutCancel(ctx), job) })}
		m.put(job, o)
	}
	m.mu.Unlock()
	l, err := o.read()
	if err != nil {
		m.forget(job, o)
	}
	return l, err
}

// put keeps one, in place of those that are old, or of any. The caller holds mu.
func (m *mail) put(job store.Deliver, o *opened) {
	if m.open == nil {
		m.open = map[store.Deliver]*opened{}
	}
	now := time.Now()
	for k, old := range m.open {
		if now.After(old.until) || len(m.open) >= lettersAt {
			delete(m.open, k)
		}
	}
	m.open[job] = o
}

func (m *mail) forget(job store.Deliver, o *opened) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open[job] == o {
		delete(m.open, job)
	}
}

func (s *Service) write(ctx context.Context, job store.Deliver) (l letter, err error) {
	rec, err := s.db.RecordedByKey(ctx, job.Activity)
	if err != nil {
		return l, err
	}
	if l.sender, err = s.db.ActorByKey(ctx, job.Sender); err != nil {
		return l, err
	}
	if l.keys, err = s.Keys(ctx, l.sender); err != nil {
		return l, err
	}
	if job.Before {
		l.keys = l.keys.OldFirst()
	}
	l.raw = rec.Raw
	if len(l.raw) == 0 { // deleted meanwhile
		return l, nil
	}
	if l.said, err = activity.ReadEnvelope(l.raw); err != nil {
		return l, err
	}
	rooms, err := s.db.Rooms(ctx, l.said.Actor.ID, mentioned(l.said))
	if err != nil {
		return l, err
	}
	l.confined = len(rooms) > 0
	if rec.Note != 0 && l.said.Type != "Delete" {
		if l.largest, err = s.db.LargestFile(ctx, rec.Note); err != nil {
			return l, err
		}
	}
	l.behind, err = s.synchronised(ctx, l.sender, l.said.Audience)
	return l, err
}

// subject is a digest of who does something and of what it is about, whatever it is
// wrapped in: a Create, its Update, its Delete and the Announce of each by a group
// have one; those of two people who like the same thing have two.
func subject(e activity.Envelope) int64 {
	who, what := about(e)
	h := fnv.New64a()
	_, _ = h.Write([]byte(who + " " + what)) // never fails
	return int64(h.Sum64())
}

// about is who does something, and what it is about, whatever it is wrapped in.
func about(e activity.Envelope) (who, what activity.ID) {
	who, what, raw := e.Actor.ID, e.Object.ID, e.Object.Raw
	for range 3 { // Announce, Undo, Create: nothing is nested deeper
		var inner struct {
			Actor  activity.Ref `json:"actor"`
			Object activity.Ref `json:"object"`
		}
		if raw == nil || json.Unmarshal(raw, &inner) != nil || inner.Object.ID == "" && inner.Object.Raw == nil {
			break
		}
		if inner.Actor.ID != "" {
			who = inner.Actor.ID
		}
		what, raw = inner.Object.ID, inner.Object.Raw
	}
	return who, what
}

// thing is what an activity is about. Who asks for leave shows what they want to do.
func thing(e activity.Envelope) activity.ID {
	if e.Instrument.Raw != nil {
		return e.Instrument.ID
	}
	_, what := about(e)
	return what
}
