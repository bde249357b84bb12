package web

import (
	"context"
	"slices"

	"entente.example/entente/activity"
)

// history is the page with all that a post has said, the present version first.
type history struct {
	Path     string
	Versions []version
}

type version struct {
	card
	At    activity.Time
	First bool
	Now   bool
}

func (w *Web) history(ctx context.Context, v *visit) (answer, error) {
	n, author, err := w.noteBy(ctx, v)
	if err != nil {
		return answer{}, err
	}
	said, err := w.db.Versions(ctx, n)
	h := history{Path: notePath(author, n)}
	for i, note := range said {
		n.Note = note
		h.Versions = append(h.Versions, version{card: w.card(v, n), At: note.VersionAt(), First: i == 0 && len(said) > 1, Now: i == len(said)-1})
	}
	slices.Reverse(h.Versions)
	return answer{page: "history", title: v.book.say("history.title", "name", name(author)), data: h}, err
}
