package remote

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// mute is a host that takes connections and says nothing.
type mute struct{ dials int }

func (m *mute) Allow(context.Context, string) error { return nil }

func (m *mute) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{public, public, public, public}, nil
}

func (m *mute) dial(context.Context, string, string) (net.Conn, error) {
	m.dials++
	ours, _ := net.Pipe()
	return ours, nil
}

// The client of production, with the clock of a bubble: each wait is as long as its limit.
func TestAttack12TheTimesOfTheLimitsAreThoseOfTheClient(t *testing.T) {
	t.Parallel()
	keys := signer()
	for name, tc := range map[string]struct {
		ask  func(context.Context, *Client) error
		time time.Duration
	}{
		"a fetch": {func(ctx context.Context, c *Client) error {
			_, err := c.Fetch(ctx, "http://mute.test/x", keys)
			return err
		}, limits.FetchTime},
		"a delivery": {func(ctx context.Context, c *Client) error { return c.Deliver(ctx, "http://mute.test/inbox", nil, keys) }, limits.DeliveryTime},
		"TLS": {func(ctx context.Context, c *Client) error {
			return c.Deliver(ctx, "https://mute.test/inbox", nil, keys)
		}, limits.ConnectTime},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &mute{}
				c := New(Options{Gate: m, Resolver: m, Dial: m.dial, InsecureHTTP: true, UserAgent: "us"})
				began := time.Now()
				err := tc.ask(t.Context(), c)
				if took := time.Since(began); activity.KindOf(err) != activity.Later || took != tc.time || m.dials != 1 {
					t.Errorf("%d dials ended after %v: %v", m.dials, took, err)
				}
			})
		})
	}
}

// The transport lets a dial outlive its request: it ends by itself, whatever it waits for.
func TestAttack12ADialEndsByItself(t *testing.T) {
	t.Parallel()
	never := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, d := range map[string]dialer{
		"no name":    {resolver: hanging{}, dial: never},
		"no address": {resolver: &mute{}, dial: never},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_, err := d.DialContext(context.Background(), "tcp", "mute.test:443")
				if took := time.Since(began); err == nil || took != limits.ConnectTime {
					t.Errorf("it ended after %v: %v", took, err)
				}
			})
		})
	}
}

// hanging is a resolver that answers nothing, for an hour.
type hanging struct{}

func (hanging) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Hour):
	}
	return nil, context.DeadlineExceeded
}
