package media

import (
	"context"

	"entente.example/entente/activity"
	"entente.example/entente/federation/policy"
	"entente.example/entente/store"
	"entente.example/entente/store/blob"
)

// Kept is a file of a note, with its content where we have it.
type Kept struct {
	activity.Attachment
	Hash    string // SHA-256 in hexadecimal; "": we do not have it
	Content []byte
}

// Kept are the Files of a note as we have them; nobody is asked for those of partners, and
// those of one that is suspended are not given out. pictures are those of ours that it has.
func (l *Library) Kept(ctx context.Context, n store.Note, pictures map[store.Key]store.Media) ([]Kept, error) {
	files := make([]Kept, 0, len(n.Attachment))
	for _, a := range n.Files() {
		content, err := l.kept(ctx, n, a, pictures)
		if err != nil && activity.KindOf(err) != activity.NotFound {
			return nil, err
		}
		k := Kept{Attachment: a, Content: content}
		if len(content) > 0 {
			k.Hash = blob.Hash(content)
		}
		files = append(files, k)
	}
	return files, nil
}

func (l *Library) kept(ctx context.Context, n store.Note, a activity.Attachment, pictures map[store.Key]store.Media) ([]byte, error) {
	if !n.Local {
		if err := l.gate.Allow(ctx, policy.Fetch, a.URL.First().Host(), ""); err != nil && activity.FaultOf(err).Reason == policy.Suspended {
			return nil, activity.ErrNotFound()
		}
		content, _, err := l.cache.Get(string(a.URL.First()))
		return content, err
	}
	key, _ := l.find.MediaKey(a.URL.First())
	return l.files.Get(pictures[key].Hash) // "" is NotFound
}
