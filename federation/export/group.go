package export

import (
	"context"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/federation/media"
	"entente.example/entente/store"
)

// group writes all that there is of one.
func (e *Exporter) group(ctx context.Context, from *store.Snapshot, group store.Actor, b *book) error {
	group, err := from.ActorByKey(ctx, group.Key) // as it was then
	if err != nil {
		return err
	}
	for _, write := range []func(context.Context, *store.Snapshot, store.Actor, *book) error{e.about, e.members, e.posts, e.reactions, e.removals} {
		if err := write(ctx, from, group, b); err != nil {
			return err
		}
	}
	return nil
}

// Group is the line of group.jsonl.
type Group struct {
	ID        activity.ID     `json:"id"`
	Handle    string          `json:"handle"`
	Name      string          `json:"name"`
	Summary   string          `json:"summary,omitempty"` // HTML
	Access    activity.Access `json:"access"`
	Host      string          `json:"host"` // the company where it lives
	Published activity.Time   `json:"published,omitzero"`
	Companies []Seat          `json:"companies,omitempty"` // where it lives with us

	Topics []activity.Topic `json:"topics,omitempty"`
}

// Seat is what the people of a company may do in a group.
type Seat struct {
	Company string         `json:"company"`
	Level   activity.Level `json:"level"`
}

func (e *Exporter) about(ctx context.Context, from *store.Snapshot, group store.Actor, b *book) error {
	line := Group{ID: group.ID, Handle: person(group).Handle, Name: string(group.Name), Summary: string(group.Summary),
		Access: group.Access(), Host: group.Host, Published: group.Published, Topics: group.Streams}
	if group.Local {
		g, err := from.Group(ctx, group.Key)
		if err != nil {
			return err
		}
		for _, s := range g.Seats() {
			line.Companies = append(line.Companies, Seat{s.Host, s.Level})
		}
	}
	l := b.lines("group")
	if err := l.add(line); err != nil {
		return err
	}
	return l.end()
}

// all writes what there is of a noun.
func all[T any](l *lines, take func(after store.Key) ([]T, error), key func(T) store.Key, write func([]T) error) error {
	if err := pages(l, take, key, write); err != nil {
		return err
	}
	return l.end()
}

// pages writes what take gives after each key, until there is no more.
func pages[T any](l *lines, take func(after store.Key) ([]T, error), key func(T) store.Key, write func([]T) error) error {
	for after := store.Key(0); ; {
		rows, err := take(after)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		if err := write(rows); err != nil {
			return err
		}
		after = key(rows[len(rows)-1])
		l.told(l.noun, l.all)
	}
}

// Member is a line of members.jsonl.
type Member struct {
	Person
	Role  string    `json:"role"` // owner, moderator, member
	Since time.Time `json:"since"`
}

func (e *Exporter) members(ctx context.Context, from *store.Snapshot, group store.Actor, b *book) error {
	l := b.lines("members")
	take := func(after store.Key) ([]store.TakenMember, error) { return from.TakeMembers(ctx, group.Key, after) }
	return all(l, take, func(m store.TakenMember) store.Key { return m.Key }, func(rows []store.TakenMember) error {
		people, err := peopleOf(ctx, from, rows, func(m store.TakenMember) store.Key { return m.Actor })
		for _, m := range rows {
			if err == nil {
				err = l.add(Member{people[m.Actor], m.Role, m.Since.UTC()})
			}
		}
		return err
	})
}

// peopleOf are those who some rows are about.
func peopleOf[T any](ctx context.Context, from *store.Snapshot, rows []T, key func(T) store.Key) (map[store.Key]Person, error) {
	keys := make([]store.Key, len(rows))
	for i, r := range rows {
		keys[i] = key(r)
	}
	actors, err := from.ActorsByKey(ctx, keys...)
	people := map[store.Key]Person{}
	for k, a := range actors {
		people[k] = person(a)
	}
	return people, err
}

// Post is a line of posts.jsonl.
type Post struct {
	Author Person        `json:"author"`
	Thread activity.ID   `json:"thread"` // the first post of its thread
	Pinned bool          `json:"pinned,omitempty"`
	Locked bool          `json:"locked,omitempty"`
	Answer activity.ID   `json:"answer,omitempty"` // the post that is marked as the answer to this one
	Files  []File        `json:"files,omitempty"`
	Post   activity.Note `json:"post"` // as it is in ActivityPub
}

// File is something that is attached to a post.
type File struct {
	Name      string      `json:"name,omitempty"` // what it shows, in words
	MediaType string      `json:"media_type,omitempty"`
	URL       activity.ID `json:"url,omitempty"`
	Bytes     int         `json:"bytes,omitempty"`
	SHA256    string      `json:"sha256,omitempty"` // and its name in files/; none: we do not have it
}

func (e *Exporter) posts(ctx context.Context, from *store.Snapshot, group store.Actor, b *book) error {
	l := b.lines("posts")
	err := e.said(ctx, from, l, func(after store.Key) ([]store.Taken, error) { return from.TakePosts(ctx, group.Key, after) })
	if err != nil {
		return err
	}
	return l.end()
}

// said writes posts with their files.
func (e *Exporter) said(ctx context.Context, from *store.Snapshot, l *lines, take func(after store.Key) ([]store.Taken, error)) error {
	return pages(l, take, postKey, func(rows []store.Taken) error {
		authors, err := peopleOf(ctx, from, rows, func(p store.Taken) store.Key { return p.AuthorKey })
		if err != nil {
			return err
		}
		pictures, err := from.MediaOfNotes(ctx, postKeys(rows))
		if err != nil {
			return err
		}
		for _, p := range rows {
			kept, err := e.media.Kept(ctx, p.Note, pictures)
			if err != nil {
				return err
			}
			files, err := shelve(l.book, kept)
			if err != nil {
				return err
			}
			if err := l.add(Post{authors[p.AuthorKey], p.Thread, p.Pinned, p.Locked, p.Answer, files, p.Note.Note}); err != nil {
				return err
			}
		}
		return nil
	})
}

func postKey(p store.Taken) store.Key { return p.Key }

func postKeys(rows []store.Taken) []store.Key {
	keys := make([]store.Key, len(rows))
	for i, p := range rows {
		keys[i] = p.Key
	}
	return keys
}

// shelve puts the files of a post and says what they are.
func shelve(b *book, kept []media.Kept) (files []File, err error) {
	for _, k := range kept {
		if err := b.file(k.Hash, k.Content); err != nil {
			return nil, err
		}
		files = append(files, File{string(k.Name), string(k.MediaType), k.URL.First(), len(k.Content), k.Hash})
	}
	return files, nil
}

// Reaction is a line of reactions.jsonl.
type Reaction struct {
	Post  activity.ID `json:"post"`
	By    Person      `json:"by"`
	Kind  string      `json:"kind"` // like, boost, reaction
	Emoji string      `json:"emoji,omitempty"`
}

func (e *Exporter) reactions(ctx context.Context, from *store.Snapshot, group store.Actor, b *book) error {
	l := b.lines("reactions")
	take := func(after store.Key) ([]store.Taken, error) { return from.TakePosts(ctx, group.Key, after) }
	return all(l, take, postKey, func(rows []store.Taken) error {
		return from.TakeReactions(ctx, postKeys(rows), func(r store.TakenReaction) error {
			return l.add(Reaction{r.Post, Person{ID: r.Actor, Handle: r.Handle, Company: r.Host}, r.Kind, r.Emoji})
		})
	})
}

// Removal is a line of removals.jsonl.
type Removal struct {
	Post   activity.ID `json:"post"`
	Author Person      `json:"author"`
	By     *Person     `json:"by,omitempty"` // the moderator, where the group lives with us
	Reason string      `json:"reason,omitempty"`
	At     time.Time   `json:"at"`
}

func (e *Exporter) removals(ctx context.Context, from *store.Snapshot, group store.Actor, b *book) error {
	l := b.lines("removals")
	take := func(after store.Key) ([]store.Removal, error) { return from.TakeRemovals(ctx, group.Key, after) }
	return all(l, take, func(r store.Removal) store.Key { return r.Key }, func(rows []store.Removal) error {
		authors, err := peopleOf(ctx, from, rows, func(r store.Removal) store.Key { return r.Author })
		if err != nil {
			return err
		}
		moderators, err := peopleOf(ctx, from, rows, func(r store.Removal) store.Key { return r.Moderator })
		for _, r := range rows {
			line := Removal{Post: r.IRI, Author: authors[r.Author], Reason: r.Reason, At: r.CreatedAt.UTC()}
			if by, known := moderators[r.Moderator]; known && group.Local {
				line.By = &by
			}
			if err == nil {
				err = l.add(line)
			}
		}
		return err
	})
}
