package web

import (
	"context"
	"html/template"
	"strings"
)

// offered are the emoji that a card offers; others come from elsewhere.
func offered() []string { return []string{"👍", "❤️", "🎉", "😂", "🤔", "👀", "🙏"} }

// Offers are the buttons of those that nobody has put beside the note yet.
func (c card) Offers() template.HTML {
	var left strings.Builder
	for _, emoji := range offered() {
		is := false
		for _, r := range c.Reacted {
			is = is || r.Emoji == emoji
		}
		if !is {
			left.WriteString(`<button class="quiet" name="emoji" value="` + emoji + `">` + emoji + `</button>`)
		}
	}
	return template.HTML(left.String()) // no text of others
}

// react puts the emoji of the form beside a note, or takes it back where it is there.
func (w *Web) react(ctx context.Context, v *visit) (answer, error) {
	n, err := w.noteAt(ctx, v)
	if err != nil {
		return answer{}, err
	}
	emoji, do := v.text("emoji"), w.engine.React
	there, err := w.db.Reactions(ctx, v.me().Key, n.Key)
	for _, r := range there[n.Key] {
		if r.Emoji == emoji && r.Mine {
			do = w.engine.Unreact
		}
	}
	if err == nil {
		err = do(ctx, v.me(), n, emoji)
	}
	return redirect(v.back(strings.TrimSuffix(v.URL.EscapedPath(), "/react"))), err
}
