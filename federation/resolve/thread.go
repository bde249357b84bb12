package resolve

import (
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// Threads is the kind of store.Pace that fillings go by.
const Threads = "thread"

// The kinds of leads.
const (
	leadParent  = "parent"  // a note that one of the thread answers
	leadAnswer  = "answer"  // a note that should answer lead.Of
	leadPost    = "post"    // a note that should be in the context lead.Of
	leadReplies = "replies" // a collection with the answers to lead.Of
	leadContext = "context" // a collection with a whole thread (FEP-7888)
)

// PromiseThread promises to fill the thread of a note, unless that was done lately.
func PromiseThread(ctx context.Context, tx *store.Tx, n store.Note) error {
	p, ok, err := tx.Begin(ctx, Threads, n.ThreadKey, limits.ThreadEvery)
	left := min(limits.ThreadFetches, limits.ThreadFetchesEver-p.Total)
	if err != nil || !ok || left <= 0 {
		return err
	}
	return tx.Enqueue(ctx, store.FillThread{Thread: n.ThreadKey, Begun: p.Begun, Step: p.Step, Left: left})
}

// filling is one run of a FillThread.
type filling struct {
	*Errand
	leads []store.Lead
	bytes int
	lost  map[string]bool // hosts that are left alone
}

// FillThread fetches what a thread lacks: up through what its posts answer, down
// through their collections of answers, and all that its context lists. What
// cannot be had does not hold up the rest. An error means that our own database
// fails.
func (f *Finder) FillThread(ctx context.Context, job store.FillThread) error {
	p, err := f.db.Pace(ctx, Threads, job.Thread)
	if err != nil || p.Begun != job.Begun || p.Step != job.Step {
		return err // done, or begun anew
	}
	w := &filling{Errand: f.Errand(), lost: map[string]bool{}}
	w.left = min(w.left, job.Left)
	budget := w.left
	for _, lead := range job.Leads {
		w.add(lead)
	}
	if job.Step == 0 {
		if err := w.begin(ctx, job.Thread); err != nil {
			return err
		}
	}
	for len(w.leads) > 0 && w.left > 0 {
		lead := w.leads[0]
		w.leads = w.leads[1:]
		w.bytes -= len(lead.ID) + len(lead.Of)
		if err := w.follow(ctx, lead); err != nil {
			return err
		}
	}
	job.Step, job.Left, job.Leads = job.Step+1, job.Left-(budget-w.left), w.leads
	return f.db.InTx(ctx, func(tx *store.Tx) error {
		isOurs, err := tx.Advance(ctx, p, budget-w.left)
		if err != nil || !isOurs || len(job.Leads) == 0 || job.Left <= 0 {
			return err
		}
		return tx.Enqueue(ctx, job)
	})
}

// begin looks at what we have of the thread.
func (w *filling) begin(ctx context.Context, thread store.Key) error {
	notes, err := w.db.WholeThread(ctx, thread)
	if err != nil {
		return err
	}
	for _, n := range notes {
		if n.ReplyTo == 0 {
			w.add(store.Lead{Kind: leadParent, ID: n.InReplyTo.First()})
			w.add(store.Lead{Kind: leadContext, ID: n.Thread.ID, Of: n.Thread.ID})
		}
	}
	for _, n := range notes {
		w.add(store.Lead{Kind: leadReplies, ID: n.Replies.ID, Of: n.ID})
	}
	return nil
}

// add takes up a lead, if there is room. What is ours we have.
func (w *filling) add(lead store.Lead) {
	size := len(lead.ID) + len(lead.Of)
	if lead.ID.Host() == "" || w.Owns(lead.ID) || len(w.leads) >= limits.Leads || w.bytes+size > limits.LeadBytes {
		return
	}
	w.bytes += size
	w.leads = append(w.leads, lead)
}

// follow looks where a lead leads. Only our own trouble is an error.
func (w *filling) follow(ctx context.Context, lead store.Lead) error {
	if alone, err := w.leftAlone(ctx, lead.ID.Host()); err != nil || alone {
		return err
	}
	var err error
	switch lead.Kind {
	case leadReplies, leadContext:
		err = w.page(ctx, lead)
	default:
		err = w.post(ctx, lead)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && activity.KindOf(err) == activity.Internal:
		return err
	case err != nil && w.left == 0: // the next run has more
		w.add(lead)
	case err != nil:
		w.log.DebugContext(ctx, "a lead of a thread came to nothing", "id", lead.ID, "kind", lead.Kind, "err", err)
		w.lost[lead.ID.Host()] = !activity.KindOf(err).Permanent()
	}
	return nil
}

// leftAlone says whether a host does not answer: in this run, or our deliveries.
func (w *filling) leftAlone(ctx context.Context, host string) (bool, error) {
	alone, asked := w.lost[host]
	if asked {
		return alone, nil
	}
	h, err := w.db.Host(ctx, host)
	w.lost[host] = h.Down()
	return h.Down(), err
}

// post fetches a note that should be in the thread, and keeps it if it is.
func (w *filling) post(ctx context.Context, lead store.Lead) error {
	if known, err := w.known(ctx, lead.ID); err != nil || known {
		return err
	}
	raw, err := w.get(ctx, lead.ID)
	if err != nil {
		return err
	}
	n, err := activity.ReadNote(raw)
	if err != nil {
		return err
	}
	return w.keep(ctx, n, raw, lead)
}

// keep takes a note into the thread, if it says itself that it belongs there, and
// looks at what it leads to.
func (w *filling) keep(ctx context.Context, n activity.Note, raw json.RawMessage, lead store.Lead) error {
	answers := n.InReplyTo.First()
	if lead.Kind == leadAnswer && answers != lead.Of || lead.Kind == leadPost && n.Thread.ID != lead.Of && answers == "" {
		return activity.Refuse(activity.Denied, "not_in_thread", "%.200s does not say that it belongs to this thread", n.ID)
	}
	if err := w.takeNote(ctx, raw); err != nil {
		return err
	}
	if known, err := w.known(ctx, answers); err != nil {
		return err
	} else if !known && (!w.seen[answers] || w.left == 0) {
		w.add(store.Lead{Kind: leadParent, ID: answers})
	}
	if lead.Kind == leadParent {
		w.add(store.Lead{Kind: leadContext, ID: n.Thread.ID, Of: n.Thread.ID})
	}
	return w.answers(ctx, n, raw)
}

// answers looks at the collection of answers of a note, which may come with it.
func (w *filling) answers(ctx context.Context, n activity.Note, raw json.RawMessage) error {
	var doc struct {
		Replies activity.Ref `json:"replies"`
	}
	if json.Unmarshal(raw, &doc) != nil {
		return nil
	}
	lead := store.Lead{Kind: leadReplies, ID: n.Replies.ID, Of: n.ID}
	s, ok := readShelf(doc.Replies.Raw)
	if !ok {
		w.add(lead)
		return nil
	}
	if lead.ID == "" {
		lead.ID = n.ID
	}
	return w.items(ctx, s, lead)
}

// page reads one page of a collection.
func (w *filling) page(ctx context.Context, lead store.Lead) error {
	s, err := w.shelf(ctx, lead.ID)
	if err != nil {
		return err
	}
	return w.items(ctx, s, lead)
}

// items takes up what is on a page: leads to posts, and the next page.
func (w *filling) items(ctx context.Context, s shelf, lead store.Lead) error {
	if next, ok := s.after(lead); ok {
		w.add(next)
	}
	owner, item := s.Owner, store.Lead{Kind: leadAnswer, Of: lead.Of}
	if lead.Kind == leadReplies {
		of, ok, err := activity.Optional(w.db.Note(ctx, lead.Of))
		if err != nil || !ok {
			return err
		}
		owner = of.Note.Author()
	} else {
		item.Kind = leadPost
	}
	for _, ref := range s.Items {
		item.ID = ref.ID
		n, ok := embedded(ref, lead.ID, owner)
		if !ok || w.left == 0 {
			w.add(item)
			continue
		}
		w.left-- // it costs less than a fetch, and not nothing
		err := w.gate.AllowAll(ctx, policy.Fetch, ref.Raw)
		if err == nil {
			err = w.keep(ctx, n, ref.Raw, item)
		}
		if err != nil && !activity.KindOf(err).Permanent() {
			return err
		}
	}
	return nil
}
