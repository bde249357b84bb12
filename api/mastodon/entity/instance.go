package entity

// Instance is this server, as /api/v2/instance shows it.
type Instance struct {
	Domain        string        `json:"domain"`
	Title         string        `json:"title"`
	Version       string        `json:"version"`
	SourceURL     string        `json:"source_url"`
	Description   string        `json:"description"`
	Usage         Usage         `json:"usage"`
	Thumbnail     Thumbnail     `json:"thumbnail"`
	Icon          []any         `json:"icon"`
	Languages     []string      `json:"languages"`
	Configuration InstanceSetup `json:"configuration"`
	Registrations Registrations `json:"registrations"`
	Contact       Contact       `json:"contact"`
	Rules         []any         `json:"rules"`
}

// Usage is how many people are active; not counted, since outsiders read it.
type Usage struct {
	Users struct {
		ActiveMonth int `json:"active_month"`
	} `json:"users"`
}

// Thumbnail is a picture of the instance.
type Thumbnail struct {
	URL      string            `json:"url"`
	Blurhash *string           `json:"blurhash"`
	Versions map[string]string `json:"versions"`
}

// InstanceSetup is the limits and the addresses.
type InstanceSetup struct {
	Configuration
	URLs struct {
		Streaming string  `json:"streaming"`
		Status    *string `json:"status"`
	} `json:"urls"`
	Vapid struct {
		PublicKey string `json:"public_key"`
	} `json:"vapid"`
}

// Registrations says whether people can sign up by themselves.
type Registrations struct {
	Enabled          bool    `json:"enabled"`
	ApprovalRequired bool    `json:"approval_required"`
	Message          *string `json:"message"`
	URL              *string `json:"url"`
}

// Contact is whom to ask.
type Contact struct {
	Email   string   `json:"email"`
	Account *Account `json:"account"`
}
