package seed

import (
	"context"
	"crypto/ed25519"
	"iter"
	"slices"
	"strconv"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/agreement"
	"entente.example/entente/federation/httpsign"
	"entente.example/entente/store"
)

// Who and what is in a data set, as documents.

// keyring makes the keys that all share.
func (p *Plan) keyring() error {
	ed, err := httpsign.NewEd25519()
	if err != nil {
		return err
	}
	if p.pem, err = httpsign.EncodePrivateKey(ed); err != nil {
		return err
	}
	p.public = httpsign.EncodeMultikey(ed.Public().(ed25519.PublicKey))
	key, err := httpsign.NewKey()
	if err != nil {
		return err
	}
	p.rsa = httpsign.EncodePublicKey(&key.PublicKey)
	return nil
}

// Colleague is one of our people, as the program would have made them.
func Colleague(house federation.House, kind, name, public string, key store.Key) store.Actor {
	id := house.PersonID(name)
	if kind == "Group" {
		id = house.GroupID(name)
	}
	at := func(path string) activity.Ref { return activity.Ref{ID: id + activity.ID(path)} }
	a := activity.Actor{ID: id, Type: kind, Username: activity.Text(name), Name: activity.Text(strings.ToUpper(name)),
		Inbox: at("/inbox"), Outbox: at("/outbox"), Followers: at("/followers"), Following: at("/following"), Featured: at("/featured"),
		Endpoints: activity.Endpoints{SharedInbox: activity.Text(house.SharedInbox())}, Published: activity.At(key.Time()),
		URL: activity.IDs{activity.ID(house.URL + "/@" + name)}, Webfinger: activity.Text(name + "@" + house.Host),
		AssertionMethod: activity.List[activity.Multikey]{{ID: id + "#ed25519-key", Type: "Multikey", Controller: id, Value: public}}}
	return store.Actor{Actor: a, Key: key, Host: house.Host, Local: true}
}

// host is where somebody of another company lives, with 299 others; with one of the
// partners, of which some are larger than others.
func (p *Plan) host(n int) string {
	if p.Partners > 0 {
		return p.Hosts[skewed(p.Partners, n, 17)]
	}
	return "n" + strconv.Itoa(n/300) + ".example"
}

// away is the address of the host of somebody of another company: of one that is on this machine it is
// without TLS.
func (p *Plan) away(n int) string {
	if p.Partners > 0 {
		return "http://" + p.host(n)
	}
	return "https://" + p.host(n)
}

// stranger is somebody of another company.
func (p *Plan) stranger(n int) store.Actor {
	name, host, id := p.name(n), p.host(n), p.id(n)
	at := func(path string) activity.Ref { return activity.Ref{ID: id + activity.ID(path)} }
	a := activity.Actor{ID: id, Type: "Person", Username: activity.Text(name), Name: activity.Text("Person " + name), Summary: "<p>Works on plans and drawings.</p>",
		Inbox: at("/inbox"), Outbox: at("/outbox"), Followers: at("/followers"), Following: at("/following"),
		Endpoints: activity.Endpoints{SharedInbox: activity.Text(p.away(n) + "/inbox")}, Published: activity.At(p.Keys[n].Time()),
		URL:       activity.IDs{activity.ID(p.away(n) + "/@" + name)},
		PublicKey: activity.List[activity.PublicKey]{{ID: id + "#main-key", Owner: id, PEM: p.rsa}}}
	return store.Actor{Actor: a, Key: p.Keys[n], Host: host}
}

func (p *Plan) account(n int) store.Actor {
	switch {
	case n < p.Members:
		return Colleague(p.house, "Person", p.name(n), p.public, p.Keys[n])
	case n < p.Members+p.Groups:
		a := Colleague(p.house, "Group", p.name(n), p.public, p.Keys[n])
		a.SetAccess(p.group(n - p.Members).Access)
		return a
	}
	return p.stranger(n)
}

// id of an account, without the rest of it.
func (p *Plan) id(n int) activity.ID {
	switch {
	case n < p.Members:
		return p.house.PersonID(p.name(n))
	case n < p.Members+p.Groups:
		return p.house.GroupID(p.name(n))
	}
	return activity.ID(p.away(n) + "/users/" + p.name(n))
}

func (p *Plan) loadAccounts(ctx context.Context, b *store.Bulk) error {
	if err := b.Actors(ctx, counted(p.Accounts, p.account)); err != nil {
		return err
	}
	if err := b.Members(ctx, counted(p.Members, func(n int) store.Member {
		return store.Member{Actor: p.Keys[n], Email: p.name(n) + "@bench.example"}
	})); err != nil {
		return err
	}
	if err := b.Groups(ctx, counted(p.Groups, p.group)); err != nil {
		return err
	}
	if p.Partners > 0 {
		if err := b.Partners(ctx, agreement.Everything().Raw(), slices.Values(p.Hosts)); err != nil {
			return err
		}
	}
	return b.Secrets(ctx, counted(p.Members+p.Groups, func(n int) store.Secret {
		return store.Secret{Actor: p.Keys[n], Kind: store.Ed25519, KeyID: p.id(n) + "#ed25519-key", PEM: p.pem}
	}))
}

// counted gives fn of 0 to under n.
func counted[T any](n int, fn func(int) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range n {
			if !yield(fn(i)) {
				return
			}
		}
	}
}

// notes are all posts.
func (p *Plan) notes(yield func(store.WrittenNote) bool) {
	for n := range p.Posts {
		if !yield(store.WrittenNote{Note: p.note(p.at(n))}) {
			return
		}
	}
}

// noteID is where a post is: with its author, on their server.
func (p *Plan) noteID(post int) activity.ID {
	author := p.author(post)
	if author < p.Members {
		return p.house.NoteID(p.KeyOf(post))
	}
	return p.id(author) + activity.ID("/notes/"+strconv.Itoa(post))
}

func (p *Plan) note(t planned) store.Note {
	author := p.id(t.author)
	n := activity.Note{ID: p.noteID(t.n), Type: "Note", AttributedTo: activity.IDs{author}, Published: activity.At(t.key.Time()),
		Content: activity.Text("<p>Post number " + strconv.Itoa(t.n) + ": what was decided today, who does what until Friday, and where the drawings are. Plan " + strconv.FormatUint(roll(t.n, 16), 36) + " has changed.</p>")}
	n.URL = activity.IDs{n.ID}
	followers := author + "/followers"
	switch {
	case t.group >= 0 && p.closed(t.group):
		n.To = activity.IDs{p.id(p.Members + t.group), p.id(p.Members+t.group) + "/followers"}
	case t.visibility == activity.VisiblePublic:
		n.To, n.Cc = activity.IDs{activity.Public}, activity.IDs{followers}
	case t.visibility == activity.VisibleUnlisted:
		n.To, n.Cc = activity.IDs{followers}, activity.IDs{activity.Public}
	default:
		n.To = activity.IDs{followers}
	}
	s := store.Note{Note: n, Key: t.key, AuthorKey: p.Keys[t.author], Local: t.author < p.Members, ThreadKey: t.thread, Visibility: t.visibility}
	if t.replyTo >= 0 {
		s.InReplyTo, s.ReplyTo = activity.IDs{p.noteID(t.replyTo)}, p.KeyOf(t.replyTo)
	}
	if t.group >= 0 {
		s.GroupKey, s.Admitted = p.Keys[p.Members+t.group], true
		s.Groups = activity.IDs{p.id(p.Members + t.group)}
	}
	return s
}
