package resolve

import (
	"context"
	"encoding/json"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
)

// Found is what a search found.
type Found struct {
	Actors []store.Actor
	Notes  []store.Note
}

// Search finds people and groups by handle or by the beginning of their name,
// posts and actors by their address, posts by their #hashtag. With resolve, what is not known is
// asked for at its own server, if that is a partner. What me may not see is not
// found.
func (f *Finder) Search(ctx context.Context, me store.Actor, query string, resolve bool) (Found, error) {
	query = strings.TrimSpace(query)
	if strings.HasPrefix(query, "https://") || strings.HasPrefix(query, "http://") {
		return f.searchAddress(ctx, me, activity.ID(query), resolve)
	}
	if tag, ok := strings.CutPrefix(query, "#"); ok {
		return f.searchHashtag(ctx, me, strings.ToLower(tag))
	}
	user, host, full := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(query, "acct:"), "@"), "@")
	if full && resolve {
		a, err := f.ByHandle(ctx, user, host)
		if err != nil {
			return Found{}, quiet(err)
		}
		return f.shown(ctx, me, a)
	}
	if query == "" {
		return Found{}, nil
	}
	actors, err := f.db.ActorsLike(ctx, user, host, me.Reader())
	return Found{Actors: actors}, err
}

func (f *Finder) searchHashtag(ctx context.Context, me store.Actor, tag string) (Found, error) {
	entries, err := f.db.TagWall(ctx, tag, store.Reader{Actor: me.Key}, store.Page{Limit: store.PageDefault})
	var found Found
	for _, e := range entries {
		found.Notes = append(found.Notes, e.Note)
	}
	return found, err
}

// quiet keeps of a failed look-up what the one who asked can do something about:
// that a host is no partner, that its server does not answer.
func quiet(err error) error {
	switch f := activity.FaultOf(err); {
	case err == nil, f.Kind == activity.NotFound, f.Kind == activity.Gone, f.Kind == activity.Invalid:
		return nil
	case f.Kind == activity.Denied && f.Reason != policy.NotAPartner:
		return nil
	}
	return err
}

func (f *Finder) searchAddress(ctx context.Context, me store.Actor, id activity.ID, resolve bool) (Found, error) {
	found, err := f.lookUp(ctx, me, id)
	if err != nil || len(found.Actors)+len(found.Notes) > 0 || !resolve || f.gate.IsOwn(id.Host()) {
		return found, err
	}
	if err := f.gate.Allow(ctx, policy.Fetch, id.Host(), ""); err != nil {
		return found, err
	}
	r, err := f.Errand().Reading(ctx, id.Host(), me)
	if err != nil {
		return found, err
	}
	raw, err := r.get(ctx, id)
	if err != nil {
		return found, quiet(err)
	}
	if err := r.take(ctx, raw); err != nil {
		return found, quiet(err)
	}
	var doc struct {
		ID activity.ID `json:"id"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return found, err
	}
	return f.lookUp(ctx, me, doc.ID)
}

// lookUp finds what is known under an id or page address.
func (f *Finder) lookUp(ctx context.Context, me store.Actor, id activity.ID) (Found, error) {
	for _, find := range []func(context.Context, activity.ID) (store.Actor, error){f.db.Actor, f.db.ActorByPage} {
		a, ok, err := activity.Optional(find(ctx, id))
		if err != nil {
			return Found{}, err
		}
		if ok && a.Usable() && a.Type != "Application" {
			return f.shown(ctx, me, a)
		}
	}
	n, ok, err := activity.Optional(f.db.VisibleNoteByIRI(ctx, id, store.Reader{Actor: me.Key}))
	if err != nil || !ok {
		return Found{}, err
	}
	return Found{Notes: []store.Note{n}}, nil
}

// shown is an actor as what a search has found, if me may know it.
func (f *Finder) shown(ctx context.Context, me, a store.Actor) (Found, error) {
	if a.IsGroup() { // who looks for what was finds what goes on as it
		next, err := f.db.Successors(ctx, a.Key)
		if err != nil {
			return Found{}, err
		}
		if heir, ok := next[a.Key]; ok {
			a = heir
		}
	}
	knows, err := f.db.Knows(ctx, me.Reader(), a.Key)
	if err != nil || !knows || a.ByCard() { // who is met in a group alone is found nowhere else
		return Found{}, err
	}
	return Found{Actors: []store.Actor{a}}, nil
}

// ByHandle finds user@host, host "" or one of our names for our own people. One
// that is not known, or not any more, is asked for at its server, if that is a
// partner (else Denied). Its handle counts only because WebFinger at the handle's
// own host names this id, and the actor found there bears the name.
func (f *Finder) ByHandle(ctx context.Context, user, host string) (store.Actor, error) {
	if host != "" {
		clean, err := activity.CleanHost(host)
		if err != nil {
			return store.Actor{}, err
		}
		host = clean
	}
	if host == "" || f.gate.IsOwn(host) {
		a, err := f.db.ActorByHandle(ctx, user, "")
		if err == nil && (!a.Usable() || a.Type == "Application") {
			err = activity.ErrNotFound()
		}
		return a, err
	}
	if err := f.gate.Allow(ctx, policy.Fetch, host, ""); err != nil {
		return store.Actor{}, err
	}
	known, ok, err := activity.Optional(f.db.ActorByHandle(ctx, user, host))
	if ok && known.ByCard() {
		ok = false
	}
	if err != nil || ok && known.Usable() && f.now().Sub(known.FetchedAt) < limits.ActorEvery {
		return known, err
	}
	found, err := f.finger(ctx, user, host)
	if err != nil && ok && known.Usable() {
		return known, nil // better old than none
	}
	return found, err
}

func (f *Finder) finger(ctx context.Context, user, host string) (store.Actor, error) {
	r := f.Errand()
	account, err := r.account(ctx, user, host)
	if err == nil {
		r, err = r.Reading(ctx, account.ID.Host(), store.Actor{})
	}
	if err != nil {
		return store.Actor{}, err
	}
	raw, err := r.get(ctx, account.ID)
	if err != nil {
		return store.Actor{}, err
	}
	a, err := activity.ReadActor(raw)
	if err != nil {
		return store.Actor{}, err
	}
	if !strings.EqualFold(string(a.Username), account.User) {
		return store.Actor{}, activity.Refuse(activity.Invalid, "wrong_handle", "%s@%s leads to somebody with another name", account.User, account.Host)
	}
	return r.keepActor(ctx, a, account.Host)
}
