package federation

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"slices"

	"entente.example/entente/activity"
	"entente.example/entente/federation/card"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
)

// Two companies of one group that have no agreement with each other read each other in
// that group and nowhere else. What a member says there comes with a card of their company
// (package card); the host of the group passes both on, and names the companies.

// inGroups are the types of what somebody says in a group.
var inGroups = []string{"Create", "Update", "Delete", "Like", "EmojiReact", "Undo", "Lock", "Add", "Remove", "Block"}

// introduce adds to what one of ours says in a group what its companies need that have no
// agreement with each other. In a group elsewhere that is their card, made anew each time:
// it is never late, and who is no member any more has none but to delete what they said.
// In ours it is who is named.
func (s *Service) introduce(ctx context.Context, tx *store.Tx, actor store.Actor, head *activity.Envelope) error {
	if actor.Type == "Application" || actor.IsGroup() || !slices.Contains(inGroups, head.Type) {
		return nil
	}
	for _, id := range append(slices.Clone(head.Groups), head.To...) {
		if id.IsPublic() || id == actor.Followers.ID {
			continue
		}
		group, known, err := activity.Optional(tx.Actor(ctx, id))
		if err != nil {
			return err
		}
		if !known || !group.IsGroup() {
			continue
		}
		is, err := tx.IsMember(ctx, actor.Key, group.Key)
		if err == nil && !is && head.Type == "Delete" { // who has left may take back what they said
			is, err = saidIn(ctx, tx, actor, group, head.Object.ID)
		}
		switch {
		case err != nil:
			return err
		case is && group.Local:
			return s.nameCompanies(ctx, tx, group, head)
		case is:
			head.Card, err = s.issue(ctx, tx, actor, group.ID)
			return err
		}
	}
	return nil
}

// saidIn says whether it is something that somebody said in a group, or they themselves.
func saidIn(ctx context.Context, tx *store.Tx, actor, group store.Actor, id activity.ID) (bool, error) {
	if id == actor.ID {
		return true, nil
	}
	n, known, err := activity.Optional(tx.Note(ctx, id))
	return known && n.AuthorKey == actor.Key && n.GroupKey == group.Key, err
}

// issue makes the card of one of ours in a group.
func (s *Service) issue(ctx context.Context, tx *store.Tx, member store.Actor, group activity.ID) (json.RawMessage, error) {
	by, err := s.instanceSigner(ctx, tx)
	if err != nil || by.Key == nil {
		return nil, err
	}
	return card.Issue(member.Actor, group, by, s.now())
}

// instanceSigner is the key of the instance actor that proofs are made with; zero where it
// has none yet.
func (s *Service) instanceSigner(ctx context.Context, tx *store.Tx) (by httpsign.Signer, err error) {
	instance, err := tx.Actor(ctx, s.InstanceActor())
	if err != nil {
		return by, err
	}
	secret, has, err := activity.Optional(tx.Secret(ctx, instance.Key, store.Ed25519))
	if err != nil || !has {
		return by, err
	}
	by.KeyID = secret.KeyID
	by.Key, err = httpsign.ParsePrivateKey(secret.PEM)
	return by, err
}

func (s *Service) nameCompanies(ctx context.Context, tx *store.Tx, group store.Actor, head *activity.Envelope) error {
	raw, err := json.Marshal(head)
	if err == nil {
		head.Companies, err = s.companies(ctx, tx, group, raw)
	}
	return err
}

// companies are those of the hosts named in what is said in a group of ours whose people
// it takes: they let themselves be named there, also where they are no partners.
func (s *Service) companies(ctx context.Context, tx *store.Tx, group store.Actor, raw []byte) (activity.List[activity.Text], error) {
	var named []string
	for _, m := range policy.Mentioned(raw) {
		if !s.gate.IsOwn(m.Host) {
			named = append(named, m.Host)
		}
	}
	if len(named) == 0 {
		return nil, nil
	}
	taken, err := tx.TakenAmong(ctx, group.Key, named)
	slices.Sort(taken)
	var companies activity.List[activity.Text]
	for _, host := range taken {
		companies = append(companies, activity.Text(host))
	}
	return companies, err
}

// Admits asks policy about everybody whom an activity names that comes in. What the host of
// a group says in it may name the companies in it, too: nobody is asked for anything by
// that, and who of them speaks needs a card.
func (s *Service) Admits(ctx context.Context, signer activity.ID, e activity.Envelope, raw []byte) error {
	var guests []string
	if len(e.Companies) > 0 && signer == e.Actor.ID {
		_, is, err := spokenIn(ctx, s.db, e)
		if err != nil {
			return err
		}
		for _, host := range e.Companies {
			if is {
				guests = append(guests, string(host))
			}
		}
	}
	return s.gate.AllowAll(ctx, policy.Accept, raw, guests...)
}

// actors is where they are kept: a Store, or a Tx.
type actors interface {
	Actor(ctx context.Context, id activity.ID) (store.Actor, error)
}

// spokenIn is the group in which something is said by itself, or by somebody of its host.
func spokenIn(ctx context.Context, in actors, e activity.Envelope) (group store.Actor, is bool, err error) {
	about := e.Groups
	if activity.IsNoteType(activity.TypeOf(e.Object.Raw)) {
		n, err := activity.ReadNoteOf(e.Actor.ID, e.Object.Raw)
		if err != nil {
			return group, false, err
		}
		about = n.Groups
	}
	for _, id := range append(activity.IDs{e.Actor.ID}, about...) {
		if !activity.SameOrigin(id, e.Actor.ID) {
			continue
		}
		group, is, err = activity.Optional(in.Actor(ctx, id))
		if err != nil || is && group.IsGroup() {
			return group, is, err
		}
	}
	return store.Actor{}, false, nil
}

// introduced takes the card that comes with what a group tells of somebody whose company
// is no partner, and says whether they speak by one. In open federation they need none
// where their host shows them.
func (s *Service) introduced(ctx context.Context, r *resolve.Errand, group activity.ID, said activity.Envelope) (bool, error) {
	needs, err := s.gate.NeedsCard(ctx, said.Actor.ID.Host())
	if err != nil || !needs {
		return false, err
	}
	stranger, err := s.gate.Passes(ctx, said.Actor.ID.Host()) // in open federation
	if err != nil {
		return false, err
	}
	if stranger {
		who, known, err := activity.Optional(s.db.Actor(ctx, said.Actor.ID))
		if err != nil || said.Card == nil || known && !who.ByCard() {
			return false, err
		}
	}
	from, err := s.db.Actor(ctx, group)
	if err == nil {
		err = isHeard(ctx, s.db, from) // before anything is asked or kept for it
	}
	if err != nil {
		return false, err
	}
	c, by, err := card.Read(said.Card, said.Actor.ID, group, s.now())
	if err != nil {
		return false, err
	}
	key, err := r.Issuer(ctx, by.KeyID)
	if err != nil {
		return false, err
	}
	public, _ := key.(ed25519.PublicKey)
	if err := by.Verify(public, s.now()); err != nil {
		return false, err
	}
	return true, s.meets(ctx, c)
}

// meets keeps who a card is of, as the newest one says, and that they speak in its group.
func (s *Service) meets(ctx context.Context, c card.Card) error {
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, c.Actor); err != nil {
			return err
		}
		group, err := tx.Actor(ctx, c.Group)
		if err != nil {
			return err
		}
		who, known, err := activity.Optional(tx.Actor(ctx, c.Actor))
		if err != nil {
			return err
		}
		if !known || !who.ByCard() || who.FetchedAt.Before(c.Issued.Time) {
			who, err = tx.PutActor(ctx, store.Actor{Actor: c.Person(), Host: c.Actor.Host(), FetchedAt: c.Issued.Time})
		}
		if err != nil {
			return err
		}
		return tx.PutCard(ctx, group.Key, who.Key, c.Issued.Time)
	})
}

// guests are the hosts that one of ours may name in what they say in a group elsewhere:
// those of who has spoken there by a card. Nothing is sent to them.
func (s *Service) guests(ctx context.Context, kind string, to activity.Audience) ([]string, error) {
	if !slices.Contains(inGroups, kind) {
		return nil, nil
	}
	return s.db.CardHosts(ctx, append(slices.Clone(to.Groups), to.To...))
}

// confine keeps in its group what somebody of the group's host has sent, if a company is
// named in it that is no partner: that was let in for the group, see Admits. What a group
// announces is judged by itself, see applyRelayed.
func (d *Deed) confine(ctx context.Context) error {
	if d.Actor.IsGroup() && (d.Head.Type == "Announce" || d.Head.Type == "Move" && (d.Head.Object.ID == d.Actor.ID || d.Head.Target.ID == d.Actor.ID)) {
		return nil
	}
	if must, err := d.namesGuests(ctx); err != nil || !must {
		return err
	}
	group, is, err := spokenIn(ctx, d.Tx, *d.Head)
	if err == nil && !is {
		err = outside()
	}
	if err == nil {
		err = isHeard(ctx, d.Tx, group)
	}
	if err != nil {
		return err
	}
	d.within = group.Key
	return d.staysIn(ctx)
}

// namesGuests says whether one of the companies that are named in it does not pass by itself.
func (d *Deed) namesGuests(ctx context.Context) (bool, error) {
	gate := d.gate.In(d.Tx)
	for _, host := range d.Head.Companies {
		if passes, err := gate.Passes(ctx, string(host)); err != nil || !passes {
			return !passes, err
		}
	}
	return false, nil
}

// staysIn refuses (Denied, "card_outside") what is about anything that is not in the group
// that it has to stay in.
func (d *Deed) staysIn(ctx context.Context) error {
	said := *d.Head
	takesBack := said.Type == "Delete" || said.Type == "Undo"
	if said.Type == "Undo" {
		said = (&Undo{Envelope: said}).undone()
	}
	switch said.Type {
	case "Create", "Update":
		if !takesBack {
			return d.eachObject(func(d *Deed) error { return d.isIn(ctx) })
		}
	case "Block":
		group, err := d.ActorByKey(ctx, d.within)
		if err != nil || group.ID == said.Target.ID {
			return err
		}
	case "Like", "EmojiReact", "Delete", "Lock", "Add", "Remove":
		if said.Type == "Delete" && said.Object.ID == d.Actor.ID {
			group, is, err := d.takenLeaveOf(ctx)
			if err != nil || is && group.Key == d.within {
				return err
			}
		}
		n, known, err := activity.Optional(d.Note(ctx, said.Object.ID))
		if err != nil || known && n.GroupKey == d.within || !known && takesBack && said.Object.ID != d.Actor.ID {
			return err
		}
	}
	return outside()
}

// isIn is staysIn for what is written, or voted. What is for some people alone is not said
// in the group.
func (d *Deed) isIn(ctx context.Context) error {
	if _, sealed := d.sealed(); sealed || d.Head.Object.Raw == nil {
		return outside()
	}
	n, err := d.written(ctx)
	if err != nil {
		return err
	}
	row, known, err := activity.Optional(d.Note(ctx, n.ID))
	if poll, is, errPoll := d.poll(ctx, n); errPoll != nil || is {
		row, known, err = poll, true, errPoll
	}
	if err == nil && !known {
		row, err = d.Place(ctx, d.Tx, d.Actor, n)
	}
	if err == nil && (row.GroupKey != d.within || row.Visibility == activity.VisibleDirect) {
		err = outside()
	}
	return err
}

func outside() error {
	return activity.Refuse(activity.Denied, "card_outside", "what names a company that is no partner, or is said by a card, counts in its group and nowhere else")
}
