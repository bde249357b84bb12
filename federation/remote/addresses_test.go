package remote

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"entente.example/entente/activity/limits"
)

// crowd is a name with very many addresses.
type crowd struct{}

func (crowd) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	ips := make([]netip.Addr, 50)
	for i := range ips {
		ips[i] = netip.AddrFrom4([4]byte{93, 184, 216, byte(i + 1)})
	}
	return ips, nil
}

func TestFewAddressesOfAHostAreTriedAndNoneForLong(t *testing.T) {
	t.Parallel()
	tried := 0
	d := dialer{resolver: crowd{}, dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		tried++
		if end, ok := ctx.Deadline(); !ok || time.Until(end) > limits.AddressTime {
			t.Errorf("one may take %v", time.Until(end))
		}
		return nil, errors.New("nobody is there")
	}}
	if _, err := d.DialContext(t.Context(), "tcp", "many.test:443"); err == nil || tried != limits.Addresses {
		t.Errorf("%d were tried, %v", tried, err)
	}
}
