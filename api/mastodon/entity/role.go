package entity

import "entente.example/entente/store"

// Role is what a member may administer.
type Role struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Permissions string `json:"permissions"` // a decimal bit set
	Color       string `json:"color"`
	Highlighted bool   `json:"highlighted"`
}

// NewRole is the role of a member. It gives no permissions: an app cannot
// administer this instance, also not for an administrator.
func NewRole(m store.Member) Role {
	if m.Admin {
		return Role{ID: "3", Name: "Admin", Permissions: "0"} // 3 is Mastodon's first role of this kind
	}
	return Role{ID: "-99", Permissions: "0"} // Mastodon's id of everyone
}
