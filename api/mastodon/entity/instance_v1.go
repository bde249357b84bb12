package entity

// InstanceV1 is this server, as /api/v1/instance shows it.
type InstanceV1 struct {
	URI              string   `json:"uri"`
	Title            string   `json:"title"`
	ShortDescription string   `json:"short_description"`
	Description      string   `json:"description"`
	Email            string   `json:"email"`
	Version          string   `json:"version"`
	Languages        []string `json:"languages"`
	Registrations    bool     `json:"registrations"`
	ApprovalRequired bool     `json:"approval_required"`
	InvitesEnabled   bool     `json:"invites_enabled"`
	URLs             struct {
		StreamingAPI string `json:"streaming_api"`
	} `json:"urls"`
	Stats          Stats         `json:"stats"`
	Thumbnail      *string       `json:"thumbnail"`
	ContactAccount *Account      `json:"contact_account"`
	Rules          []any         `json:"rules"`
	Configuration  Configuration `json:"configuration"`
}

// Stats are not counted, since outsiders read them.
type Stats struct {
	UserCount   int `json:"user_count"`
	StatusCount int `json:"status_count"`
	DomainCount int `json:"domain_count"`
}
