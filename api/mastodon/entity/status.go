package entity

import (
	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Status is a note, or a boost of one (Reblog).
type Status struct {
	ID               store.Key     `json:"id,string"`
	URI              string        `json:"uri"`
	URL              *string       `json:"url"`
	CreatedAt        Time          `json:"created_at"`
	EditedAt         *Time         `json:"edited_at"`
	Account          Account       `json:"account"`
	Content          string        `json:"content"`        // HTML
	Text             *string       `json:"text,omitempty"` // what the author typed; only of a deleted one
	Visibility       string        `json:"visibility"`
	Sensitive        bool          `json:"sensitive"`
	SpoilerText      string        `json:"spoiler_text"`
	Language         *string       `json:"language"`
	InReplyToID      *string       `json:"in_reply_to_id"`
	InReplyToAccount *string       `json:"in_reply_to_account_id"`
	Reblog           *Status       `json:"reblog"`
	Quote            *Quote        `json:"quote"`
	QuoteApproval    QuoteApproval `json:"quote_approval"`
	QuotesCount      int           `json:"quotes_count"`
	Title            *string       `json:"title"` // ours: of a discussion; the content begins with it
	Group            *StatusGroup  `json:"group"` // ours: where it is posted
	Topic            *Topic        `json:"topic"` // ours: of the group
	MediaAttachments []Attachment  `json:"media_attachments"`
	Mentions         []Mention     `json:"mentions"`
	Tags             []StatusTag   `json:"tags"`
	Emojis           []Emoji       `json:"emojis"`
	RepliesCount     int           `json:"replies_count"`
	ReblogsCount     int           `json:"reblogs_count"`
	FavouritesCount  int           `json:"favourites_count"`
	Favourited       bool          `json:"favourited"`
	Reblogged        bool          `json:"reblogged"`
	Muted            bool          `json:"muted"`
	Bookmarked       bool          `json:"bookmarked"`
	Filtered         []any         `json:"filtered"`
	Card             *struct{}     `json:"card"`
	Reactions        []Reaction    `json:"reactions"`
	Pleroma          Pleroma       `json:"pleroma"`
	Poll             *Poll         `json:"poll"`
}

// StatusGroup is the group that a status is posted in.
type StatusGroup struct {
	ID          store.Key `json:"id,string"`
	DisplayName string    `json:"display_name"`
	Acct        string    `json:"acct"`
}

// NewStatus shows a note and what the note itself knows. Account, Visibility,
// Group, Mentions, MediaAttachments and InReplyToAccount are left to fill in.
func NewStatus(n store.Note, c store.Counts) Status {
	s := Status{
		ID: n.Key, URI: string(n.ID), URL: orNull(n.Page()), CreatedAt: At(n.Key.Time()),
		Content: content(n), Title: orNull(n.Name), Visibility: string(n.Visibility), Sensitive: bool(n.Sensitive),
		SpoilerText: spoiler(n), Language: orNull(n.Language()),
		MediaAttachments: []Attachment{}, Mentions: []Mention{}, Tags: NewStatusTags(n), Emojis: NewEmojis(n.Tag, emojiWords(n)...), Filtered: []any{},
		RepliesCount: c.Replies, ReblogsCount: c.Boosts, FavouritesCount: c.Likes, QuotesCount: c.Quotes, Favourited: c.Liked, Reblogged: c.Boosted,
	}
	if !n.Published.IsZero() {
		s.CreatedAt = At(n.Published.Time)
	}
	if n.IsEdited() {
		s.EditedAt = AtOrNull(n.Updated.Time)
	}
	if n.ReplyTo != 0 {
		s.InReplyToID = orNull(n.ReplyTo.String())
	}
	return s
}

// NewReblog shows a boost: by is who boosted, iri the activity, key its id.
func NewReblog(of Status, by Account, key store.Key, iri activity.ID) Status {
	s := of
	s.ID, s.URI, s.URL, s.CreatedAt, s.EditedAt = key, string(iri), nil, At(key.Time()), nil
	if iri == "" {
		s.URI = of.URI // known only by its effect
	}
	s.Account, s.Reblog = by, &of
	s.InReplyToID, s.InReplyToAccount = nil, nil
	return s
}

// emojiWords are the texts of a status that emoji may be in.
func emojiWords(n store.Note) []string {
	texts := []string{string(n.Content), string(n.Name), string(n.Summary)}
	for _, o := range n.Options() {
		texts = append(texts, string(o.Name))
	}
	return texts
}

// spoiler is the warning before a status. The summary of an article is none, but
// its abstract.
func spoiler(n store.Note) string {
	if n.IsArticle() && !bool(n.Sensitive) {
		return ""
	}
	return activity.PlainText(string(n.Summary))
}
