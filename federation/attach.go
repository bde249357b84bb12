package federation

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// attachments are the documents of pictures that me has sent (interop §3.1). Too many,
// or one that is not me's, is Invalid; that each is in one post only is Attach's to see.
func (s *Service) attachments(ctx context.Context, me store.Actor, keys []store.Key) (activity.List[activity.Attachment], error) {
	if len(keys) > store.MaxMedia {
		return nil, activity.Refuse(activity.Invalid, "many_media", "a post has at most %d pictures", store.MaxMedia)
	}
	var as activity.List[activity.Attachment]
	seen := map[store.Key]bool{}
	for _, key := range keys {
		m, known, err := activity.Optional(s.db.MediaOf(ctx, me.Key, key))
		if err != nil {
			return nil, err
		}
		if !known || seen[key] {
			return nil, activity.Refuse(activity.Invalid, "no_such_media", "there is no picture %s of yours; it may have been sent too long ago: send it again", key)
		}
		seen[key] = true
		as = append(as, activity.Attachment{Type: "Document", MediaType: activity.Text(m.Type), URL: activity.IDs{s.MediaURL(m.Key)},
			Name: activity.Text(m.Description), Width: activity.Side(m.Width), Height: activity.Side(m.Height),
			Blurhash: activity.Text(m.Blurhash), FocalPoint: activity.Focus{X: m.FocusX, Y: m.FocusY}})
	}
	return as, nil
}

// attach ties the pictures of a note of ours to it, so that who may read the note may
// see them, and nobody else.
func (d *Deed) attach(ctx context.Context, n store.Note) error {
	return d.Attach(ctx, n.Key, n.AuthorKey, ownFiles(d.House, n.Note))
}

// ownFiles are those that a note has of ours.
func ownFiles(house House, n activity.Note) (keys []store.Key) {
	for _, a := range n.Attachment {
		if key, ok := house.MediaKey(a.URL.First()); ok {
			keys = append(keys, key)
		}
	}
	return keys
}
