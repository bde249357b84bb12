package bench

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"entente.example/entente/federation/httpsign"
)

// signed is how many signatures all processors make in a second: what nobody can
// deliver faster than, who signs each delivery.
type signed struct {
	rsa, ed25519 float64
	rsaCost      time.Duration // of the processor, for one; 0 where nothing tells
}

// speed measures it, and reports it.
func speed(ctx context.Context, r *run) error {
	s, err := signatures(ctx)
	if err == nil {
		r.note("RSA-2048 signatures on all processors", s.rsa, "/s")
		r.note("  CPU per RSA signature", ms(s.rsaCost), "ms")
		r.note("Ed25519 signatures on all processors", s.ed25519, "/s")
	}
	return err
}

func signatures(ctx context.Context) (s signed, err error) {
	rsaKey, err := httpsign.NewKey()
	if err != nil {
		return s, err
	}
	edKey, err := httpsign.NewEd25519()
	if err != nil {
		return s, err
	}
	sum := sha256.Sum256([]byte("what is signed"))
	before := spent(os.Getpid(), false)
	var n int
	if s.rsa, n, err = perSecond(ctx, rsaKey, sum[:], crypto.SHA256); err != nil {
		return s, err
	}
	s.rsaCost = (spent(os.Getpid(), false) - before) / time.Duration(max(n, 1))
	s.ed25519, _, err = perSecond(ctx, edKey, sum[:], crypto.Hash(0))
	return s, err
}

func perSecond(ctx context.Context, key crypto.Signer, sum []byte, hash crypto.Hash) (rate float64, signatures int, err error) {
	const long = time.Second / 2
	var n atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	began := time.Now()
	for range runtime.NumCPU() {
		all.Go(func() {
			for time.Since(began) < long && ctx.Err() == nil {
				if _, err := key.Sign(rand.Reader, sum, hash); err != nil {
					failed.Store(&err)
					return
				}
				n.Add(1)
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return 0, 0, *err
	}
	return float64(n.Load()) / time.Since(began).Seconds(), int(n.Load()), ctx.Err()
}
