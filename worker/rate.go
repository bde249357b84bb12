package worker

import (
	"context"
	"sync"
	"time"

	"entente.example/entente/store"
)

// rates count what this process does until it is noted in Postgres, for who asks
// there: at most the hosts that something arrives at within one measure.
type rates struct {
	mu      sync.Mutex
	jobs    map[string]store.Ran
	arrived map[string]int
}

// count counts a job whose outcome is kept. One that was not tried does not count.
func (p *rates) count(t *task, v verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.jobs == nil {
		p.jobs, p.arrived = map[string]store.Ran{}, map[string]int{}
	}
	if t.ran {
		r := p.jobs[t.kind.name]
		r.Ran, r.Seconds = r.Ran+1, r.Seconds+t.took.Seconds()
		if v.outcome == again || v.outcome == dead {
			r.Failed++
		}
		p.jobs[t.kind.name] = r
	}
	if v.over == store.Delivered {
		p.arrived[t.to.host]++
	}
}

// take takes them away.
func (p *rates) take() (map[string]store.Ran, map[string]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	jobs, arrived := p.jobs, p.arrived
	p.jobs, p.arrived = nil, nil
	return jobs, arrived
}

// putBack is for what was not noted.
func (p *rates) putBack(jobs map[string]store.Ran, arrived map[string]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for kind, r := range p.jobs {
		old := jobs[kind]
		jobs[kind] = store.Ran{Ran: old.Ran + r.Ran, Failed: old.Failed + r.Failed, Seconds: old.Seconds + r.Seconds}
	}
	for host, n := range p.arrived {
		arrived[host] += n
	}
	p.jobs, p.arrived = jobs, arrived
}

// noteRates writes down what was done since the last time.
func (w *Worker) noteRates(ctx context.Context) error {
	jobs, arrived := w.rates.take()
	if len(jobs)+len(arrived) == 0 {
		return nil
	}
	err := w.db.InTx(ctx, func(tx *store.Tx) error { return tx.NoteRates(ctx, jobs, arrived) })
	if err != nil {
		w.rates.putBack(jobs, arrived)
	}
	return err
}

// noteLast is for the end.
func (w *Worker) noteLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 500*time.Millisecond)
	defer cancel()
	if err := w.noteRates(ctx); err != nil {
		w.log.DebugContext(ctx, "what was done last is not counted", "err", err)
	}
}
