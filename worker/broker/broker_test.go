package broker

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestAcknowledgedMessagesSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := [][]byte{[]byte("one"), bytes.Repeat([]byte("x"), MaxPayload-1024)}

	s := mustStart(t, dir)
	stream := mustStream(t, mustConnect(t, s.URL()))
	for _, data := range want {
		publish(t, stream, data)
	}
	first := fetch(t, consumer(t, stream))
	if !bytes.Equal(first.Data(), want[0]) {
		t.Fatalf("got %q", first.Data())
	}
	if err := first.DoubleAck(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	s.Stop()

	s = mustStart(t, dir)
	second := fetch(t, consumer(t, mustStream(t, mustConnect(t, s.URL()))))
	if !bytes.Equal(second.Data(), want[1]) {
		t.Fatalf("got %d bytes", len(second.Data()))
	}
}

func TestTheAddressIsForOtherProcessesOfTheSameUserWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	if got := URLOf(dir); got != "" {
		t.Fatalf("before Start: %q", got)
	}
	s := mustStart(t, dir)
	if got := URLOf(dir); got != s.URL() || !strings.HasPrefix(got, "nats://") {
		t.Fatalf("URLOf = %q, URL = %q", got, s.URL())
	}
	file := filepath.Join(dir, "nats.url")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	s.Stop()
	// The file stays, as kill -9 leaves it too: for the next server.
	if got := URLOf(dir); got != "" {
		t.Fatalf("after Stop: %q", got)
	}
	mustStart(t, dir)
}

func TestAFolderHasOneServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustStart(t, dir)
	if s, err := Start(dir); err == nil {
		s.Stop()
		t.Fatal("a second server has started")
	} else if !strings.Contains(err.Error(), "another process runs the queue") {
		t.Fatal(err)
	}
}

func TestWithoutTheTokenNobodyGetsIn(t *testing.T) {
	t.Parallel()
	s := mustStart(t, t.TempDir())
	_, address, _ := strings.Cut(s.URL(), "@")
	for _, url := range []string{"nats://" + address, "nats://guess@" + address} {
		conn, err := nats.Connect(url)
		if !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: %v", url, err)
		}
		if err == nil {
			conn.Close()
		}
	}
}

func TestAMessageThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	s := mustStart(t, t.TempDir())
	js := mustConnect(t, s.URL())
	mustStream(t, js)
	_, err := js.Publish(t.Context(), "work", make([]byte, MaxPayload+1))
	if !errors.Is(err, nats.ErrMaxPayload) {
		t.Fatal(err)
	}
}

func TestAFolderThatCannotBeUsedIsAnErrorAtOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(filepath.Join(file, "queue")); err == nil || !strings.Contains(err.Error(), "cannot be made") {
		t.Fatal(err)
	}
	dir := t.TempDir() // the place of the streams is taken by a file
	if err := os.WriteFile(filepath.Join(dir, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := Start(dir); err == nil || time.Since(began) > startLimit/2 {
		t.Fatalf("%v after %s", err, time.Since(began))
	}
	if got := URLOf(dir); got != "" {
		t.Fatal(got)
	}
}

func TestAConnectionComesByItselfWhenTheServerComes(t *testing.T) {
	t.Parallel()
	gap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := gap.Addr().String()
	gap.Close()
	js := mustConnect(t, "nats://secret@"+address)
	if js.Conn().IsConnected() {
		t.Fatal("connected to nothing")
	}
	o := options(t.TempDir(), place{"secret", server.RANDOM_PORT})
	_, port, _ := net.SplitHostPort(address)
	if o.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	run(t, o)
	deadline := time.Now().Add(2 * time.Minute)
	for !js.Conn().IsConnected() {
		if time.Now().After(deadline) {
			t.Fatal("no connection in two minutes")
		}
		time.Sleep(50 * time.Millisecond)
	}
	publish(t, mustStream(t, js), []byte("hello"))
}

func TestAnAddressThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	if _, _, err := Connect("nats://a b:c"); err == nil {
		t.Fatal("no error")
	}
}

// What it costs to be sure: see SyncInterval.
func BenchmarkPublish(b *testing.B) {
	for name, always := range map[string]bool{"sync always": true, "sync every second": false} {
		o := options(b.TempDir(), place{"secret", server.RANDOM_PORT})
		o.SyncAlways = always
		js := mustConnect(b, "nats://secret@"+run(b, o))
		mustStream(b, js)
		data := make([]byte, 2048)
		rand.Read(data)
		b.Run(name+", one at a time", func(b *testing.B) {
			for b.Loop() {
				if _, err := js.Publish(b.Context(), "work", data); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
		b.Run(name+", 100 at a time", func(b *testing.B) {
			for b.Loop() {
				for range 100 {
					if _, err := js.PublishAsync("work", data); err != nil {
						b.Fatal(err)
					}
				}
				<-js.PublishAsyncComplete()
			}
			b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

func mustStart(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// run starts a server with options of the test's own and gives its address.
func run(t testing.TB, o *server.Options) string {
	t.Helper()
	n, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	t.Cleanup(func() { n.Shutdown(); n.WaitForShutdown() })
	if !n.ReadyForConnections(startLimit) {
		t.Fatal("the server is not ready in time")
	}
	return n.Addr().String()
}

func mustConnect(t testing.TB, url string) jetstream.JetStream {
	t.Helper()
	conn, js, err := Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return js
}

type stream struct {
	jetstream.JetStream
	jetstream.Stream
}

func mustStream(t testing.TB, js jetstream.JetStream) stream {
	t.Helper()
	s, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{
		Name: "WORK", Subjects: []string{"work"}, Retention: jetstream.WorkQueuePolicy,
	})
	if err != nil {
		t.Fatal(err)
	}
	return stream{js, s}
}

func publish(t *testing.T, s stream, data []byte) {
	t.Helper()
	if _, err := s.Publish(t.Context(), "work", data); err != nil {
		t.Fatal(err)
	}
}

func consumer(t *testing.T, s stream) jetstream.Consumer {
	t.Helper()
	c, err := s.Stream.CreateOrUpdateConsumer(t.Context(), jetstream.ConsumerConfig{
		Durable: "worker", AckPolicy: jetstream.AckExplicitPolicy,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fetch(t *testing.T, c jetstream.Consumer) jetstream.Msg {
	t.Helper()
	m, err := c.Next(jetstream.FetchMaxWait(2 * time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWhoWasConnectedFindsTheNextServerInTheFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s.Stop()
	next, err := Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Stop()
	for deadline := time.Now().Add(2 * time.Minute); conn.Flush() != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it was at %s and is at %s, and nobody has come", s.URL(), next.URL())
		}
	}
}

func TestAServerWhosePortIsTakenListensElsewhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	was := "nats://secret@" + l.Addr().String()
	if err := os.WriteFile(filepath.Join(dir, urlName), []byte(was+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	if s.URL() == was || URLOf(dir) != s.URL() {
		t.Fatalf("it is at %s, and %q is what the folder says", s.URL(), URLOf(dir))
	}
}
