package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"entente.example/entente/activity"
)

// foresight is what a transaction has read beforehand, in four statements for all that
// it will ask: what each thing is, nil where there is none. Any write makes it forget
// everything, unless the write is known to touch none of this; so it can never say
// what is no longer so.
type foresight struct {
	actors   map[activity.ID]*Actor
	keys     map[Key]*Actor
	notes    map[activity.ID]*Note
	buried   map[activity.ID]tombstones
	recorded map[activity.ID]bool
	edges    map[activity.ID]Edge // that this transaction has made
	secrets  map[secretOf]Secret
}

// secretOf is whose key of which kind.
type secretOf struct {
	actor Key
	kind  string
}

// Foresee reads all that is known under these ids, so that asking for one of them costs
// nothing until something is written. Who holds their locks (see TakeTurns) may rely
// on it; of what others write meanwhile the rest of this transaction may not hear.
func (tx *Tx) Foresee(ctx context.Context, ids ...activity.ID) error {
	f := unseen(ids)
	asked := texts(slices.Collect(maps.Keys(f.actors)))
	var at []actorVersion
	if err := tx.list(ctx, &at, actorVersions+"WHERE a.iri = ANY ($1)", asked); err != nil {
		return err
	}
	as, err := tx.actorsAt(ctx, at)
	if err != nil {
		return err
	}
	for _, a := range as {
		f.actors[a.ID], f.keys[a.Key] = &a, &a
	}
	ns, err := tx.boundNotes(ctx, "WHERE n.iri = ANY ($1)", asked)
	if err != nil {
		return err
	}
	for _, n := range ns {
		f.notes[n.ID] = &n
	}
	found, err := tx.query.buried(ctx, asked)
	maps.Copy(f.buried, found)
	if err == nil {
		err = tx.bound().each(ctx, "SELECT iri FROM activities WHERE iri = ANY ($1)", []any{asked}, func(scan func(...any) error) error {
			var iri activity.ID
			err := scan(&iri)
			f.recorded[iri] = true
			return err
		})
	}
	if err == nil {
		err = tx.foreseePartners(ctx, as)
	}
	tx.seen = f
	return err
}

// unseen knows what is asked, and of none of it that it is there.
func unseen(ids []activity.ID) *foresight {
	f := &foresight{actors: map[activity.ID]*Actor{}, keys: map[Key]*Actor{}, notes: map[activity.ID]*Note{},
		buried: map[activity.ID]tombstones{}, recorded: map[activity.ID]bool{}, edges: map[activity.ID]Edge{}, secrets: map[secretOf]Secret{}}
	for _, id := range ids {
		if id != "" && !id.IsPublic() {
			f.actors[id], f.notes[id], f.buried[id], f.recorded[id] = nil, nil, nil, false
		}
	}
	return f
}

// foreseePartners reads what the hosts of these may do.
func (tx *Tx) foreseePartners(ctx context.Context, as map[Key]Actor) error {
	var hosts []string
	for _, a := range as {
		host := a.ID.Host()
		if _, asked := tx.partners[host]; !asked && !a.Local && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	if len(hosts) == 0 {
		return nil
	}
	ps, err := tx.query.partners(ctx, hosts)
	if err != nil {
		return err
	}
	if tx.partners == nil {
		tx.partners = map[string]*Partner{}
	}
	for _, host := range hosts {
		tx.partners[host] = ps[host]
	}
	return nil
}

// Foresees says whether it still does.
func (tx *Tx) Foresees() bool { return tx.seen != nil }

func (tx *Tx) forget() { tx.seen = nil }

// forgetNote asks for one note again.
func (tx *Tx) forgetNote(key Key) {
	if tx.seen != nil {
		maps.DeleteFunc(tx.seen.notes, func(_ activity.ID, n *Note) bool { return n != nil && n.Key == key })
	}
}

// Actor, ActorByKey, ActorsByKey, ActorKeys, Note, Buried and TakenBack are those of Store; what
// was foreseen is not asked for.
func (tx *Tx) Actor(ctx context.Context, iri activity.ID) (Actor, error) {
	if tx.seen != nil {
		if a, asked := tx.seen.actors[iri]; asked {
			return found(a)
		}
	}
	return tx.query.Actor(ctx, iri)
}

// ActorByKey see Actor.
func (tx *Tx) ActorByKey(ctx context.Context, key Key) (Actor, error) {
	if tx.seen != nil && tx.seen.keys[key] != nil {
		return *tx.seen.keys[key], nil
	}
	return tx.query.ActorByKey(ctx, key)
}

// ActorsByKey see Actor.
func (tx *Tx) ActorsByKey(ctx context.Context, keys ...Key) (map[Key]Actor, error) {
	known := map[Key]Actor{}
	if tx.seen == nil {
		return tx.query.ActorsByKey(ctx, keys...)
	}
	keys = slices.DeleteFunc(slices.Clone(keys), func(key Key) bool {
		if a := tx.seen.keys[key]; a != nil {
			known[key] = *a
		}
		return tx.seen.keys[key] != nil
	})
	others, err := tx.query.ActorsByKey(ctx, keys...)
	maps.Copy(known, others)
	return known, err
}

// ActorKeys see Actor.
func (tx *Tx) ActorKeys(ctx context.Context, iris []activity.ID) ([]Key, error) {
	known := []Key{}
	if tx.seen == nil {
		return tx.query.ActorKeys(ctx, iris)
	}
	iris = slices.DeleteFunc(slices.Clone(iris), func(iri activity.ID) bool {
		a, asked := tx.seen.actors[iri]
		if a != nil && !slices.Contains(known, a.Key) {
			known = append(known, a.Key)
		}
		return asked
	})
	others, err := tx.query.ActorKeys(ctx, iris)
	return append(known, others...), err
}

// Note see Actor.
func (tx *Tx) Note(ctx context.Context, iri activity.ID) (Note, error) {
	if tx.seen != nil {
		if n, asked := tx.seen.notes[iri]; asked {
			return found(n)
		}
	}
	return tx.query.Note(ctx, iri)
}

// Buried see Actor.
func (tx *Tx) Buried(ctx context.Context, iri activity.ID) (time.Time, error) {
	if tx.seen != nil {
		if ts, asked := tx.seen.buried[iri]; asked {
			return ts.since(), nil
		}
	}
	return tx.query.Buried(ctx, iri)
}

// TakenBack see Actor.
func (tx *Tx) TakenBack(ctx context.Context, iri, actor activity.ID) (bool, error) {
	if tx.seen != nil {
		if ts, asked := tx.seen.buried[iri]; asked {
			return ts.by(actor), nil
		}
	}
	return tx.query.TakenBack(ctx, iri, actor)
}

// EdgeByIRI see Actor. One that this transaction has made is known.
func (tx *Tx) EdgeByIRI(ctx context.Context, iri activity.ID) (Edge, error) {
	if tx.seen != nil {
		if e, made := tx.seen.edges[iri]; made {
			return e, nil
		}
	}
	return tx.query.EdgeByIRI(ctx, iri)
}

// Secret see Actor. It is asked for once.
func (tx *Tx) Secret(ctx context.Context, actor Key, kind string) (Secret, error) {
	if tx.seen == nil {
		return tx.query.Secret(ctx, actor, kind)
	}
	s, asked := tx.seen.secrets[secretOf{actor, kind}]
	if asked {
		return s, nil
	}
	s, err := tx.query.Secret(ctx, actor, kind)
	if err == nil && tx.seen != nil {
		tx.seen.secrets[secretOf{actor, kind}] = s
	}
	return s, err
}

// Partner is that of Store, asked for once in a transaction: what another one says of a
// host meanwhile counts from the next on.
func (tx *Tx) Partner(ctx context.Context, host string) (Partner, error) {
	if p, asked := tx.partners[host]; asked {
		return found(p)
	}
	p, is, err := activity.Optional(tx.query.Partner(ctx, host))
	if err != nil {
		return p, err
	}
	if tx.partners == nil {
		tx.partners = map[string]*Partner{}
	}
	if tx.partners[host] = nil; is {
		tx.partners[host] = &p
	}
	return found(tx.partners[host])
}

func found[T any](v *T) (T, error) {
	if v == nil {
		var none T
		return none, activity.ErrNotFound()
	}
	return *v, nil
}

// watched is a transaction that forgets what it has foreseen when something is written
// by other statements than bound ones, which do so themselves where they must.
type watched struct {
	bun.Tx
	tx *Tx
}

func (w watched) NewInsert() *bun.InsertQuery { w.writes(); return w.Tx.NewInsert() }
func (w watched) NewUpdate() *bun.UpdateQuery { w.writes(); return w.Tx.NewUpdate() }
func (w watched) NewDelete() *bun.DeleteQuery { w.writes(); return w.Tx.NewDelete() }
func (w watched) NewMerge() *bun.MergeQuery   { w.writes(); return w.Tx.NewMerge() }
func (w watched) NewSelect() *bun.SelectQuery { w.asks(); return w.Tx.NewSelect() }

func (w watched) NewRaw(query string, args ...any) *bun.RawQuery {
	if strings.HasPrefix(query, "SELECT ") {
		w.asks()
	} else {
		w.writes()
	}
	return w.Tx.NewRaw(query, args...)
}

// asks settles first. When that fails, so does all that follows.
func (w watched) asks() { _ = w.tx.settle(context.Background()) }

func (w watched) writes() {
	w.asks()
	w.tx.forget()
}
