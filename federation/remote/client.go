package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/store"
)

// Gate says whether we may talk to a host. It is asked for each URL and for each
// hop of a redirect, before any DNS query or connection. host is as
// activity.ID.Host gives it: clean, with its port when that is not the usual one.
// The error is given to the caller as it is.
type Gate interface {
	Allow(ctx context.Context, host string) error
}

// Resolver looks up the addresses of a host name; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options say how a Client behaves. Only Gate is needed.
type Options struct {
	// InsecureHTTP also allows plain http, and any port: for development. It does
	// not open the addresses of this machine; PrivateNetworks does.
	InsecureHTTP bool
	// PrivateNetworks are exceptions to the address check, for partners on an intranet.
	PrivateNetworks []netip.Prefix
	// UserAgent names us to partners: "Entente/1.2 (+https://host)".
	UserAgent string
	// Gate decides with whom we talk. Without one every request is refused: "no_gate".
	Gate Gate
	// Dialects remembers how each host is spoken to; nil forgets it at once.
	Dialects *Dialects
	// Resolver is net.DefaultResolver when nil. It is not asked about localhost.
	Resolver Resolver
	// Dial connects to an address (ip:port) that has passed the check; a
	// net.Dialer does so when nil. For tests.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// RootCAs are the system's when nil.
	RootCAs *x509.CertPool
	// Now is time.Now when nil.
	Now func() time.Time
}

// Client calls partners. It may be used by many goroutines at once, and should
// be: connections are kept and shared.
type Client struct {
	opts          Options
	transport     *http.Transport
	hosts         *hosts
	deadline      time.Duration // of Deliver
	fetchDeadline time.Duration // of Fetch, Finger and NodeInfo
}

// New makes a Client. It follows no proxy settings of the environment.
func New(o Options) *Client {
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := dialer{resolver: o.Resolver, exceptions: o.PrivateNetworks, dial: o.Dial}
	return &Client{opts: o, hosts: newHosts(o.Now), deadline: limits.DeliveryTime, fetchDeadline: limits.FetchTime, transport: &http.Transport{
		DialContext:            d.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    limits.ConnectTime,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           limits.IdleConnections,
		MaxIdleConnsPerHost:    limits.IdlePerHost,
		IdleConnTimeout:        limits.IdleTime,
		MaxResponseHeaderBytes: limits.AnswerHeader,
	}}
}

// Through is the same client by another gate.
func (c *Client) Through(g Gate) *Client {
	by := *c
	by.opts.Gate = g
	return &by
}

// Dialects is what this client remembers of hosts; nil when it does not.
func (c *Client) Dialects() *Dialects { return c.opts.Dialects }

// permit reads an address and makes sure that we may call it: a clean URL by
// our rules, of a host that the Gate allows.
func (c *Client) permit(ctx context.Context, address string) (*url.URL, error) {
	u, err := c.clean(address)
	if err != nil {
		return nil, err
	}
	if c.opts.Gate == nil {
		return nil, activity.Refuse(activity.Denied, "no_gate", "nothing says with whom this server may talk")
	}
	return u, c.opts.Gate.Allow(ctx, activity.ID(u.String()).Host())
}

// clean reads an address by our rules: https, port 443, no user info, a real
// host name. The URL has a normalised host and no fragment.
func (c *Client) clean(address string) (*url.URL, error) {
	u, err := activity.ID(address).URL()
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" && !c.opts.InsecureHTTP {
		return nil, activity.Refuse(activity.Denied, "url_refused", "only https addresses are called")
	}
	if port := u.Port(); port != "" && port != "443" && !c.opts.InsecureHTTP {
		return nil, activity.Refuse(activity.Denied, "url_refused", "only port 443 is called, not %s", port)
	}
	if _, err := activity.CleanHost(u.Host); err != nil {
		return nil, err
	}
	if isOddIP(u.Hostname()) {
		return nil, refuseAddress()
	}
	u.Host = activity.ID(address).Host()
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// request makes a request as ourselves.
func (c *Client) request(ctx context.Context, method string, u *url.URL, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, activity.Because(activity.Invalid, "bad_id", err, "this is not an address that can be called")
	}
	if c.opts.UserAgent != "" {
		r.Header.Set("User-Agent", c.opts.UserAgent)
	}
	return r, nil
}

// do sends one request and follows nothing, if the budget allows it (see Within). The
// caller closes the body.
func (c *Client) do(r *http.Request) (*http.Response, error) {
	if err := spend(r.Context()); err != nil {
		return nil, err
	}
	_, span := store.Span(r.Context(), r.Method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", r.Method), attribute.String("server.address", r.URL.Host)))
	defer span.End() // its headers are for nobody else: r has none of them
	resp, err := c.transport.RoundTrip(r)
	if err != nil {
		err = broken(err)
		span.SetStatus(codes.Error, activity.FaultOf(err).Reason)
		return nil, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", resp.StatusCode))
	return resp, nil
}

// broken is the fault for a connection that failed: what the dialer refused, or
// Later, "timed_out" or "unreachable".
func broken(err error) error {
	if f, ok := errors.AsType[*activity.Fault](err); ok {
		return f
	}
	if timeout, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout() {
		return activity.Because(activity.Later, "timed_out", err, "the other server took too long")
	}
	return activity.Because(activity.Later, "unreachable", err, "the other server could not be reached")
}

// read reads a body of at most limit bytes, as they are after decompression.
func read(body io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(body, limit+1))
	if int64(len(b)) > limit {
		return nil, activity.Refuse(activity.TooLarge, "too_large", "the other server sent more than %d bytes", limit)
	}
	if err != nil {
		return nil, broken(err)
	}
	return b, nil
}
