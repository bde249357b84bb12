package web

import (
	"context"
	"slices"

	"golang.org/x/text/language"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/store"
)

// composer is the form that people write posts with.
type composer struct {
	Action      string // where it is sent
	Title       string
	Submit      string // what its button says
	Placeholder string
	Titled      bool             // it may have a title
	Topics      []activity.Topic // it may be in one of these
	Audience    string           // who will read it, where the author does not choose
	Choices     []activity.Visibility
	Draft       federation.Draft
	Problem     *problem
	Reach       *federation.Reach // asked for before it is posted; nil: it was not
	Token       string
	Here        string
}

// visibilities are those that an author chooses from, the widest first.
func visibilities() []activity.Visibility {
	return []activity.Visibility{activity.VisiblePublic, activity.VisibleUnlisted, activity.VisibleFollowers, activity.VisibleDirect}
}

// composer is an empty one for a new post.
func (v *visit) composer() composer {
	return composer{Action: "/home", Title: v.book.say("compose.title"), Submit: v.book.say("compose.submit"), Placeholder: v.book.say("compose.placeholder"), Choices: visibilities(),
		Draft: federation.Draft{Visibility: activity.VisiblePublic, Language: v.book.lang}, Token: v.token(), Here: v.here()}
}

// answering is one for an answer: no wider than what it answers.
func (v *visit) answering(to card) composer {
	c := v.composer()
	c.Action, c.Title = to.Path(), v.book.say("compose.answer", "name", name(to.Author))
	c.Submit, c.Placeholder = v.book.say("compose.answer.submit"), v.book.say("compose.answer.placeholder")
	c.Draft.ReplyTo, c.Draft.Visibility = to.Note.Key, to.Note.Visibility
	if to.Warning != "" {
		c.Draft.Warning = activity.PlainText(string(to.Note.Summary))
	}
	if to.Note.Visibility == activity.VisibleDirect {
		c.Draft.Text = others(to, v.me())
	}
	if to.Note.GroupKey != 0 {
		c.Choices, c.Audience = nil, v.book.say("compose.audience.group", "group", name(to.Group))
	} else {
		c.Choices = c.Choices[max(0, slices.Index(c.Choices, to.Note.Visibility)):]
	}
	return c
}

// others names who is in a private conversation besides the two: who is not
// named does not get the answer.
func others(to card, me store.Actor) string {
	var names string
	for _, t := range to.Note.Tag {
		if t.Type == "Mention" && activity.ID(t.Href) != me.ID && activity.ID(t.Href) != to.Author.ID {
			names += string(t.Name) + " "
		}
	}
	return names
}

// draft reads the form into the draft of an empty composer; what the author may
// not choose stays.
func (c composer) draft(v *visit) (federation.Draft, error) {
	d := c.Draft
	d.Text, d.Warning, d.Language = v.text("text"), v.text("warning"), v.text("language")
	if d.Sensitive = d.Warning != ""; c.Titled {
		d.Title = v.text("title")
	}
	if len(c.Topics) > 0 {
		d.Topic = v.text("topic")
	}
	if c.Asks() {
		d.Poll = v.asked()
	}
	if _, err := language.Parse(d.Language); err != nil {
		d.Language = "" // unknown
	}
	if c.Choices == nil {
		return d, nil
	}
	d.Visibility = activity.Visibility(v.text("visibility"))
	if !slices.Contains(c.Choices, d.Visibility) {
		d.Visibility = c.Choices[0]
		return d, activity.Refuse(activity.Invalid, "bad_visibility", "choose who may read this from the list")
	}
	return d, nil
}

// post sends the form that c was shown for, or says who would get it. A composer that is
// not done comes back for the page to be shown again, with what was written.
func (w *Web) post(ctx context.Context, v *visit, c composer) (composer, error) {
	var err error
	if c.Draft, err = c.draft(v); err == nil && v.text("check") != "" {
		var r federation.Reach
		if r, err = w.engine.Audience(ctx, v.me(), c.Draft); err == nil {
			c.Reach = &r
		}
	} else if err == nil {
		_, err = w.engine.Post(ctx, v.me(), c.Draft)
	}
	if err != nil {
		c.Problem, err = v.problemOf(err, composerFields())
	}
	return c, err
}

// composerFields tells which field a refusal is about.
func composerFields() map[string]string {
	return map[string]string{"empty_text": "text", "long_title": "title", "unknown_topic": "topic", "long_text": "text", "many_mentions": "text", "bad_visibility": "visibility", "bad_options": "choices"}
}

// done says that the post is out.
func (c composer) done() bool { return c.Problem == nil && c.Reach == nil }

// Companies is how many it would reach, ours among them.
func (c composer) Companies() int {
	n := len(c.Reach.Companies)
	if c.Reach.Here > 0 {
		n++
	}
	return n
}

// IsUnsigned says that a company which it would reach has signed no agreement with us.
func (c composer) IsUnsigned(host string) bool { return slices.Contains(c.Reach.Unsigned, host) }

// Wrong says whether the problem is with this field.
func (c composer) Wrong(field string) bool { return c.Problem.at(field) }

// IsFor says which language is chosen.
func (c composer) IsFor(lang string) bool { return c.Draft.Language == lang }

// Rows is how tall the form is at first.
func (c composer) Rows() int { return min(12, 3+len(c.Draft.Text)/60) }

// OtherLanguage is one that an app has chosen and this form does not offer, "" for none.
func (c composer) OtherLanguage() string {
	if slices.ContainsFunc(authorLanguages(), func(l writing) bool { return l.Lang == c.Draft.Language }) {
		return ""
	}
	return c.Draft.Language
}
