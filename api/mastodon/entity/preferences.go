package entity

// Preferences are what new posts start from and how things are shown.
type Preferences struct {
	Visibility     string  `json:"posting:default:visibility"`
	Sensitive      bool    `json:"posting:default:sensitive"`
	Language       *string `json:"posting:default:language"`
	ExpandMedia    string  `json:"reading:expand:media"`
	ExpandSpoilers bool    `json:"reading:expand:spoilers"`
}

// NewPreferences are those of a member who reads in this language, "" unknown.
func NewPreferences(locale string) Preferences {
	return Preferences{Visibility: "public", Language: orNull(locale), ExpandMedia: "default"}
}
