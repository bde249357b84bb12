package entity

import (
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// Account is a person or a group.
type Account struct {
	ID             store.Key `json:"id,string"`
	Username       string    `json:"username"`
	Acct           string    `json:"acct"`
	URL            string    `json:"url"`
	URI            string    `json:"uri"`
	DisplayName    string    `json:"display_name"`
	Note           string    `json:"note"` // HTML
	Avatar         string    `json:"avatar"`
	AvatarStatic   string    `json:"avatar_static"`
	Header         string    `json:"header"`
	HeaderStatic   string    `json:"header_static"`
	Locked         bool      `json:"locked"`
	Bot            bool      `json:"bot"`
	Group          bool      `json:"group"`
	Discoverable   bool      `json:"discoverable"`
	Indexable      bool      `json:"indexable"`
	Noindex        bool      `json:"noindex"`
	CreatedAt      Time      `json:"created_at"`
	LastStatusAt   *string   `json:"last_status_at"` // a date
	StatusesCount  int       `json:"statuses_count"`
	FollowersCount int       `json:"followers_count"`
	FollowingCount int       `json:"following_count"`
	Emojis         []Emoji   `json:"emojis"`
	Fields         []Field   `json:"fields"`
	Roles          []Role    `json:"roles"`
	Moved          *Account  `json:"moved,omitempty"` // as whom it goes on
	Entente        Employed  `json:"entente"`
}

// Employed is our extension of Account: whose it is, and whether that company has signed
// an agreement with us; what one that has not enforces, nobody has verified.
type Employed struct {
	Company    string `json:"company"` // a host
	Unverified bool   `json:"unverified_enforcement"`
	Suspended  bool   `json:"suspended"` // the agreement stands still: of its people there is only the name
}

// Field is one line of a profile.
type Field struct {
	Name       string `json:"name"`
	Value      string `json:"value"` // HTML
	VerifiedAt *Time  `json:"verified_at"`
}

// NewAccount shows an actor. blank is the address of the picture of those who
// have none: clients want one.
func NewAccount(a store.Actor, c store.ActorCounts, blank string) Account {
	avatar, header := pictureOr(a.Icon, blank), pictureOr(a.Image, blank)
	shown := Account{
		ID: a.Key, Username: string(a.Username), Acct: a.Handle(), URL: string(a.Page()), URI: string(a.ID),
		DisplayName: a.DisplayName(), Note: activity.Shown(string(a.Summary)),
		Avatar: avatar, AvatarStatic: avatar, Header: header, HeaderStatic: header,
		Locked: bool(a.ManuallyApproves), Bot: a.Type == "Service" || a.Type == "Application", Group: a.IsGroup(),
		Discoverable: bool(a.Discoverable), Indexable: bool(a.Indexable), Noindex: !bool(a.Indexable),
		CreatedAt: At(a.Key.Time()), LastStatusAt: date(c.LastNote),
		StatusesCount: c.Notes, FollowersCount: c.Followers, FollowingCount: c.Following,
		Emojis: NewEmojis(a.Tag, emojiTexts(a)...), Fields: []Field{}, Roles: []Role{}, Entente: Employed{a.Host, c.Unsigned, c.Suspended},
	}
	if !a.Published.IsZero() {
		shown.CreatedAt = At(a.Published.Time)
	}
	if c.Suspended && !a.IsGroup() {
		shown.Note = ""
		return shown
	}
	for _, f := range a.Fields {
		shown.Fields = append(shown.Fields, Field{Name: string(f.Name), Value: activity.Shown(string(f.Value))})
	}
	return shown
}

// emojiTexts are the texts of a profile that emoji may be in.
func emojiTexts(a store.Actor) []string {
	texts := []string{a.DisplayName(), string(a.Summary)}
	for _, f := range a.Fields {
		texts = append(texts, string(f.Name), string(f.Value))
	}
	return texts
}

func pictureOr(of activity.List[activity.Attachment], blank string) string {
	if len(of) > 0 {
		if u, err := of[0].URL.First().URL(); err == nil {
			return u.String()
		}
	}
	return blank
}

func date(last store.Key) *string {
	if last == 0 {
		return nil
	}
	return orNull(last.Time().Format(time.DateOnly))
}
