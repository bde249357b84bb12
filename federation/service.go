package federation

import (
	"context"
	"crypto/rsa"
	"log/slog"
	"reflect"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/compose"
	"entente.example/entente/federation/export"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/limit"
	"entente.example/entente/federation/media"
	"entente.example/entente/federation/names"
	"entente.example/entente/federation/partnership"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
	"entente.example/entente/store/gather"
)

// Service is the engine: what our people do goes in through its verbs, what
// partners say through Receive.
type Service struct {
	*resolve.Finder
	db       *store.Store
	gate     *policy.Gate
	client   *remote.Client
	log      *slog.Logger
	now      func() time.Time
	newKey   func() (*rsa.PrivateKey, error)
	composer *compose.Composer
	media    *media.Library
	desk     *partnership.Desk
	exports  exports
	mail     mail
	arrivals *gather.Gathering[*arrival]
}

// House is what an instance is called.
type House = names.House

// Found is what a search found.
type Found = resolve.Found

// Options is what a Service is made of; all are needed but the last three.
type Options struct {
	House  House
	Store  *store.Store
	Gate   *policy.Gate
	Client *remote.Client
	Log    *slog.Logger
	Folder string                          // for pictures; "" takes and shows none
	Now    func() time.Time                // time.Now when nil
	NewKey func() (*rsa.PrivateKey, error) // httpsign.NewKey when nil
}

// New makes the engine of an instance. The database must be migrated and
// Prepare have been called once.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewKey == nil {
		o.NewKey = httpsign.NewKey
	}
	find := resolve.New(o.House, o.Store, o.Gate, o.Client, o.Log, o.Now)
	s := &Service{Finder: find, composer: compose.New(find, o.Store, o.Log), db: o.Store,
		media: media.New(find, o.Store, o.Gate, o.Folder), gate: o.Gate,
		client: o.Client, log: o.Log, now: o.Now, newKey: o.NewKey}
	s.desk = partnership.New(o.House, o.Store, find, o.Client.Through(o.Gate.Between()), o.Log, s.media.Forget)
	s.exports = exports{export.New(o.House, o.Store, s.media), limit.New(), make(chan struct{}, limits.Exports)}
	s.arrivals = gather.New(together, turnsAtOnce, s.applyAll)
	return s
}

const sending = policy.Send

// Gate is the policy of this instance.
func (s *Service) Gate() *policy.Gate { return s.gate }

// Store is where everything is kept.
func (s *Service) Store() *store.Store { return s.db }

// Partnerships is where agreements with other instances are made.
func (s *Service) Partnerships() *partnership.Desk { return s.desk }

// TellPartner tells another instance what we know of an agreement.
func (s *Service) TellPartner(ctx context.Context, job store.TellPartner) error {
	return s.desk.Tell(ctx, job)
}

// Media is where pictures are.
func (s *Service) Media() *media.Library { return s.media }

// Prepare claims the database for this instance, makes the instance actor, and
// gives every actor of ours the keys that it lacks. Twice is the same as once, also
// when several processes start together.
func (s *Service) Prepare(ctx context.Context) error {
	err := s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, s.InstanceActor()); err != nil {
			return err
		}
		if err := tx.ClaimInstance(ctx, store.Instance{Host: s.Host, URL: s.URL}); err != nil {
			return err
		}
		_, known, err := activity.Optional(tx.Actor(ctx, s.InstanceActor()))
		if err != nil || known {
			return err
		}
		_, err = s.newActor(ctx, tx, activity.Actor{ID: s.InstanceActor(), Type: "Application",
			Username: activity.Text(s.Host), Name: activity.Text(s.Host), ManuallyApproves: true})
		return err
	})
	if err != nil {
		return err
	}
	return s.completeKeys(ctx)
}

func sameType(a, b Handler) bool { return reflect.TypeOf(a) == reflect.TypeOf(b) }
