package broker

import (
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Connect connects to a NATS server, or to several of a cluster with commas
// between their addresses. It does not wait for one: while none answers, what is
// asked of JetStream fails, and the connection comes by itself once one does. So
// an error means an address that cannot be read. The caller closes the connection.
func Connect(url string) (*nats.Conn, jetstream.JetStream, error) {
	conn, err := nats.Connect(url,
		nats.Name("entente"),
		nats.MaxReconnects(-1),
		nats.RetryOnFailedConnect(true),
		nats.IgnoreAuthErrorAbort(), // a token may be mended while we try
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // nil is our own Close
				slog.Warn("the queue is out of reach", "err", err)
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			slog.Info("the queue is back", "server", c.ConnectedAddr())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			subject := ""
			if s != nil {
				subject = s.Subject
			}
			slog.Warn("queue", "subject", subject, "err", err)
		}),
	)
	if err != nil {
		return nil, nil, fmt.Errorf("the queue's address: %w", err)
	}
	if !conn.IsConnected() {
		slog.Warn("the queue is out of reach: trying on")
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, js, nil
}
