package worker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What messages look like. The payload is the job's JSON and nothing else.
const (
	stream      = "JOBS"
	prefix      = "jobs." // and the kind: the subject
	jobHeader   = "Entente-Job"
	triesHeader = "Entente-Tries"
	traceHeader = "traceparent" // W3C; only inside
)

const (
	// duplicates is how long JetStream knows the ids of messages: a relay that
	// fails between publishing and forgetting tries again well within it.
	duplicates = 10 * time.Minute
	// ackLimit is how long JetStream may take to acknowledge a message.
	ackLimit = 5 * time.Second
	// maxPending is how many messages may wait for acknowledgement in this
	// process: more than a relay's and two fans' batches.
	maxPending = 8192
	// maxAckPending is how many jobs of a kind all workers together hold: those of
	// a dozen, each with its seats full and its lines long.
	maxAckPending = 20_000
)

// envelope is a job ready for the queue.
type envelope struct {
	id      string // of the message: JetStream takes the same one once
	job     string // of the job: the same over all its tries
	kind    string
	tries   int
	trace   string // see store.Trace
	payload []byte
}

func (e envelope) message() *nats.Msg {
	m := &nats.Msg{Subject: prefix + e.kind, Data: e.payload, Header: nats.Header{
		nats.MsgIdHdr: {e.id}, jobHeader: {e.job}, triesHeader: {strconv.Itoa(e.tries)},
	}}
	if e.trace != "" {
		m.Header.Set(traceHeader, e.trace)
	}
	return m
}

// queue is the stream of jobs.
type queue struct {
	js        jetstream.JetStream
	setup     sync.Mutex // stream and consumers are made one after another
	once      sync.Once
	publisher jetstream.JetStream
	err       error
}

var errAway = errors.New("there is no connection to NATS")

// replicas is how many servers of a cluster keep each job: one of them may be lost with
// its disk. The number of a stream that is there is the operator's.
const replicas = 3

// ensure makes the stream if it is not there. An operator may have changed it
// (replicas, placement): one that is there stays as it is, but for the window of
// duplicates.
func (q *queue) ensure(ctx context.Context) error {
	q.setup.Lock()
	defer q.setup.Unlock()
	return q.makeStream(ctx)
}

func (q *queue) makeStream(ctx context.Context) error {
	if !q.js.Conn().IsConnected() {
		return errAway // a question would only time out
	}
	config := jetstream.StreamConfig{Name: stream, Subjects: []string{prefix + ">"}, Retention: jetstream.WorkQueuePolicy}
	s, err := q.js.Stream(ctx, stream)
	if err == nil {
		config = s.CachedInfo().Config
	}
	if config.Duplicates == duplicates || (err != nil && !errors.Is(err, jetstream.ErrStreamNotFound)) {
		return err
	}
	config.Duplicates = duplicates
	change := q.js.UpdateStream
	if err != nil {
		change, config.Replicas = q.js.CreateStream, q.replicas()
	}
	if _, err := change(ctx, config); err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return fmt.Errorf("stream %s: %w", stream, err)
	}
	return nil
}

// replicas is how many servers keep each job of a new stream. In a cluster that is
// still coming together, making the stream fails until there are enough of them.
func (q *queue) replicas() int {
	if q.js.Conn().ConnectedClusterName() == "" {
		return 1
	}
	return replicas
}

// consumer is where the jobs of one kind come from, shared by all workers.
func (q *queue) consumer(ctx context.Context, kind string, ackWait time.Duration) (jetstream.Consumer, error) {
	q.setup.Lock()
	defer q.setup.Unlock()
	if err := q.makeStream(ctx); err != nil {
		return nil, err
	}
	c, err := q.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable: kind, FilterSubject: prefix + kind,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait,
		MaxDeliver: -1, MaxAckPending: maxAckPending,
	})
	if err != nil {
		return nil, fmt.Errorf("consumer %s: %w", kind, err)
	}
	return c, nil
}

// publish returns when JetStream has acknowledged every one of them. After an
// error some may be in the queue; publishing all again is harmless.
func (q *queue) publish(ctx context.Context, es []envelope) error {
	q.once.Do(func() { // one of our own: an acknowledgement that never comes must not be waited for
		q.publisher, q.err = jetstream.New(q.js.Conn(),
			jetstream.WithPublishAsyncTimeout(ackLimit), jetstream.WithPublishAsyncMaxPending(maxPending))
	})
	if q.err != nil {
		return q.err
	}
	acks := make([]jetstream.PubAckFuture, len(es))
	for i, e := range es {
		ack, err := q.publisher.PublishMsgAsync(e.message())
		if err != nil {
			return err
		}
		acks[i] = ack
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// fits says whether a message takes a payload of that many bytes.
func (q *queue) fits(payload int) bool {
	const headers = 1024
	most := q.js.Conn().MaxPayload()
	return most == 0 || int64(payload) <= most-headers // 0: never connected yet
}

// pending is how many jobs of a kind wait for a worker. A question that a server has
// taken to its grave is not answered: it may not last as long as the job that asks.
func (q *queue) pending(ctx context.Context, kind string) (int, error) {
	if !q.js.Conn().IsConnected() {
		return 0, errAway
	}
	ctx, cancel := context.WithTimeout(ctx, ackLimit)
	defer cancel()
	c, err := q.js.Consumer(ctx, stream, kind)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return 0, nil // no worker has begun yet
	}
	if err != nil {
		return 0, err
	}
	return int(c.CachedInfo().NumPending), nil
}

// waitForRoom waits until at most so many jobs of a kind wait for a worker.
func (q *queue) waitForRoom(ctx context.Context, kind string, most int) error {
	for {
		n, err := q.pending(ctx, kind)
		if err != nil || n <= most {
			return err
		}
		sleep(ctx, 10*time.Millisecond)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (q *queue) ping(ctx context.Context) error {
	if !q.js.Conn().IsConnected() {
		return errAway
	}
	_, err := q.js.Stream(ctx, stream)
	return err
}

// flush waits until what was written has left this process. While NATS is away
// there is nobody to write to, and nothing to wait for.
func (q *queue) flush(limit time.Duration) error {
	if !q.js.Conn().IsConnected() {
		return nil
	}
	return q.js.Conn().FlushTimeout(limit)
}

// kindOf is the kind of job that a subject stands for.
func kindOf(subject string) string { return strings.TrimPrefix(subject, prefix) }
