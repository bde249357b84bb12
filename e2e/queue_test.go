package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// nodeVariable asks this test program to be a NATS server, in a process that can
// be killed: see runNode.
const nodeVariable = "ENTENTE_E2E_NATS"

// queue is NATS: one server, or a cluster of them, each in a process of its own,
// that come and go under the same addresses.
type queue []*natsNode

type natsNode struct {
	options natsOptions
	folder  string
	*process
}

// natsOptions are what a server of a queue is told.
type natsOptions struct {
	Name, Folder  string
	Port, Cluster int   // Cluster is where it speaks with the others, 0: it is alone
	Others        []int // where they do
}

// newQueue prepares a queue of n servers.
func newQueue(t *testing.T, n int) queue {
	t.Helper()
	q := make(queue, n)
	for i := range q {
		port, err := shop.freePort()
		must(t, err)
		folder, err := os.MkdirTemp(shop.folder, "nats-")
		must(t, err)
		q[i] = &natsNode{folder: folder, options: natsOptions{Name: fmt.Sprintf("nats-%d", i), Folder: filepath.Join(folder, "data"), Port: port}}
		if n > 1 {
			q[i].options.Cluster, err = shop.freePort()
			must(t, err)
		}
	}
	for _, one := range q {
		t.Cleanup(func() { must(t, one.end()) })
		for _, other := range q {
			if other != one {
				one.options.Others = append(one.options.Others, other.options.Cluster)
			}
		}
	}
	return q
}

func (q queue) url() string {
	var all []string
	for _, n := range q {
		all = append(all, fmt.Sprintf("nats://127.0.0.1:%d", n.options.Port))
	}
	return strings.Join(all, ",")
}

// start starts every server and waits until they work together.
func (q queue) start(t *testing.T) {
	t.Helper()
	for _, n := range q {
		n.start(t)
	}
	soon(t, patience, func() error {
		return q.ask(t, func(js jetstream.JetStream) error {
			_, err := js.AccountInfo(t.Context())
			return err
		})
	})
}

func (n *natsNode) start(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	how, err := json.Marshal(n.options)
	must(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), nodeVariable+"="+string(how))
	n.process, err = launch(filepath.Join(n.folder, "log"), cmd)
	must(t, err)
}

// ask connects to the queue for one question.
func (q queue) ask(t *testing.T, question func(jetstream.JetStream) error) error {
	t.Helper()
	conn, err := nats.Connect(q.url(), nats.Timeout(2*time.Second))
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	return question(js)
}

// isEmpty is nil when the queue holds no job.
func (q queue) isEmpty(t *testing.T) error {
	t.Helper()
	return q.ask(t, func(js jetstream.JetStream) error {
		s, err := js.Stream(t.Context(), "JOBS")
		if err == nil && s.CachedInfo().State.Msgs > 0 {
			err = fmt.Errorf("%d jobs are in the queue", s.CachedInfo().State.Msgs)
		}
		return err
	})
}

// leader is the server that leads the stream of jobs.
func (q queue) leader(t *testing.T) *natsNode {
	t.Helper()
	var found *natsNode
	soon(t, patience, func() error {
		return q.ask(t, func(js jetstream.JetStream) error {
			s, err := js.Stream(t.Context(), "JOBS")
			if err != nil {
				return err
			}
			for _, n := range q {
				if c := s.CachedInfo().Cluster; c != nil && c.Leader == n.options.Name {
					found = n
					return nil
				}
			}
			return errors.New("the stream has no leader")
		})
	})
	return found
}

// runNode is the whole life of a server of a queue: until its input ends.
func runNode(how string) error {
	var n natsOptions
	if err := json.Unmarshal([]byte(how), &n); err != nil {
		return err
	}
	o := &server.Options{ServerName: n.Name, Host: "127.0.0.1", Port: n.Port, JetStream: true, StoreDir: n.Folder, NoSigs: true}
	if n.Cluster != 0 {
		var others []string
		for _, port := range n.Others {
			others = append(others, fmt.Sprintf("nats://127.0.0.1:%d", port))
		}
		o.Cluster = server.ClusterOpts{Name: "e2e", Host: "127.0.0.1", Port: n.Cluster}
		o.Routes = server.RoutesFromStr(strings.Join(others, ","))
	}
	s, err := server.NewServer(o)
	if err != nil {
		return err
	}
	s.ConfigureLogger()
	s.Start()
	_, _ = io.Copy(io.Discard, os.Stdin) // its end is all we wait for
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}

// replicate waits until every server of the queue holds what was promised.
func (q queue) replicate(t *testing.T) {
	t.Helper()
	soon(t, patience, func() error {
		return q.ask(t, func(js jetstream.JetStream) error { return q.replicated(t.Context(), js) })
	})
}

func (q queue) replicated(ctx context.Context, js jetstream.JetStream) error {
	s, err := js.Stream(ctx, "JOBS")
	if err != nil {
		return err
	}
	info := s.CachedInfo()
	if info.Cluster == nil || info.Cluster.Leader == "" || len(info.Cluster.Replicas) != len(q)-1 {
		return fmt.Errorf("the stream is not on all servers: %+v", info.Cluster)
	}
	for _, r := range info.Cluster.Replicas {
		if !r.Current || r.Offline {
			return fmt.Errorf("%s is behind", r.Name)
		}
	}
	return nil
}
