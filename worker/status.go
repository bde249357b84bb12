package worker

import (
	"cmp"
	"context"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// QueueStatus is what JetStream holds, one entry for each kind of job, by name.
type QueueStatus []KindStatus

// KindStatus is what JetStream holds of one kind of job.
type KindStatus struct {
	Kind    string
	Waiting int // for a worker
	Running int // or about to: in the hands of a worker
}

// Status asks JetStream. The error is jetstream.ErrStreamNotFound while no
// worker has ever run.
func Status(ctx context.Context, js jetstream.JetStream) (QueueStatus, error) {
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(prefix+">"))
	if err != nil {
		return nil, err
	}
	kinds := map[string]KindStatus{}
	for subject, n := range info.State.Subjects {
		kinds[kindOf(subject)] = KindStatus{Waiting: int(n)}
	}
	consumers := s.ListConsumers(ctx)
	for c := range consumers.Info() {
		running := c.NumAckPending
		kinds[c.Name] = KindStatus{Waiting: max(kinds[c.Name].Waiting-running, 0), Running: running}
	}
	var status QueueStatus
	for kind, k := range kinds {
		k.Kind = kind
		status = append(status, k)
	}
	slices.SortFunc(status, func(a, b KindStatus) int { return cmp.Compare(a.Kind, b.Kind) })
	return status, consumers.Err()
}
