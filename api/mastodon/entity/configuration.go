package entity

import (
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/picture"
	"entente.example/entente/store"
)

// Configuration is the limits that clients keep to, in both forms of Instance.
type Configuration struct {
	Accounts    AccountLimits    `json:"accounts"`
	Statuses    StatusLimits     `json:"statuses"`
	Media       AttachmentLimits `json:"media_attachments"`
	Polls       PollLimits       `json:"polls"`
	Translation struct {
		Enabled bool `json:"enabled"`
	} `json:"translation"`
}

// AccountLimits are those of a profile.
type AccountLimits struct {
	MaxFeaturedTags   int `json:"max_featured_tags"`
	MaxPinnedStatuses int `json:"max_pinned_statuses"`
}

// StatusLimits are those of a post. A URL counts as the 23 characters that it
// counts as everywhere.
type StatusLimits struct {
	MaxCharacters            int `json:"max_characters"`
	MaxMediaAttachments      int `json:"max_media_attachments"`
	CharactersReservedPerURL int `json:"characters_reserved_per_url"`
}

// AttachmentLimits are those of a file: bytes and pixels; films are not taken.
type AttachmentLimits struct {
	SupportedMimeTypes  []string `json:"supported_mime_types"`
	ImageSizeLimit      int      `json:"image_size_limit"`
	ImageMatrixLimit    int      `json:"image_matrix_limit"`
	VideoSizeLimit      int      `json:"video_size_limit"`
	VideoFrameRateLimit int      `json:"video_frame_rate_limit"`
	VideoMatrixLimit    int      `json:"video_matrix_limit"`
}

// PollLimits are those of a poll; times are in seconds.
type PollLimits struct {
	MaxOptions             int `json:"max_options"`
	MaxCharactersPerOption int `json:"max_characters_per_option"`
	MinExpiration          int `json:"min_expiration"`
	MaxExpiration          int `json:"max_expiration"`
}

// NewConfiguration is what holds here.
func NewConfiguration() Configuration {
	return Configuration{
		Statuses: StatusLimits{MaxCharacters: activity.MaxNote, MaxMediaAttachments: store.MaxMedia, CharactersReservedPerURL: 23},
		Media:    AttachmentLimits{SupportedMimeTypes: picture.Taken(), ImageSizeLimit: limits.PictureBytes, ImageMatrixLimit: limits.PicturePixels},
		Polls: PollLimits{MaxOptions: activity.MaxOptions, MaxCharactersPerOption: activity.MaxOption,
			MinExpiration: int(activity.MinPollTime / time.Second), MaxExpiration: int(activity.MaxPollTime / time.Second)},
	}
}
