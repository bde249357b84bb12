package worker

import (
	"context"
)

// hold notes that a job is in good hands, which JetStream is told until letGo.
func (w *Worker) hold(t *task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held[t] = struct{}{}
}

// letGo is harmless when it is done twice.
func (w *Worker) letGo(t *task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.held, t)
}

// inHand are the jobs that are held now.
func (w *Worker) inHand() []*task {
	w.mu.Lock()
	defer w.mu.Unlock()
	tasks := make([]*task, 0, len(w.held))
	for t := range w.held {
		tasks = append(tasks, t)
	}
	return tasks
}

// beat tells JetStream which jobs are in good hands, and waits.
func (w *Worker) beat(ctx context.Context) error {
	for _, t := range w.inHand() {
		if err := t.msg.InProgress(); err != nil {
			w.log.DebugContext(ctx, "no heartbeat", "job", t.job, "err", err)
		}
	}
	sleep(ctx, w.tempo.ackWait/3)
	return nil
}
