package activity

import "slices"

// Audience is who may see a thing: the addressing of ActivityPub §6.
type Audience struct {
	To     IDs `json:"to,omitempty"`
	Cc     IDs `json:"cc,omitempty"`
	Groups IDs `json:"audience,omitempty"` // the group it is posted in (FEP-1b12)
}

// All is every address once, without telling to, cc and audience apart.
func (a Audience) All() IDs {
	all := slices.Concat(a.To, a.Cc, a.Groups)
	seen := make(map[ID]bool, len(all))
	return slices.DeleteFunc(all, func(id ID) bool {
		if id.IsPublic() {
			id = Public
		}
		was := seen[id]
		seen[id] = true
		return was || id == ""
	})
}

// Has says whether id is addressed in any way.
func (a Audience) Has(id ID) bool { return a.To.Has(id) || a.Cc.Has(id) || a.Groups.Has(id) }

// IsEmpty says that nobody is addressed.
func (a Audience) IsEmpty() bool { return len(a.To)+len(a.Cc)+len(a.Groups) == 0 }

// Visibility is what an addressing means to a reader.
type Visibility string

// The four visibilities, from the widest to the narrowest.
const (
	VisiblePublic    Visibility = "public"   // Public in to
	VisibleUnlisted  Visibility = "unlisted" // Public in cc: no public timeline
	VisibleFollowers Visibility = "private"  // the author's followers, or a group's members
	VisibleDirect    Visibility = "direct"   // only those addressed by name
)

// Wide says that anybody may see it.
func (v Visibility) Wide() bool { return v == VisiblePublic || v == VisibleUnlisted }

// Visibility reads the addressing; collections are the followers collections
// (of the author, of the group) that open it to more than those named.
func (a Audience) Visibility(collections ...ID) Visibility {
	switch {
	case a.To.Has(Public):
		return VisiblePublic
	case a.Has(Public):
		return VisibleUnlisted
	}
	for _, c := range collections {
		if c != "" && a.Has(c) {
			return VisibleFollowers
		}
	}
	return VisibleDirect
}

// NewAudience addresses a post of an author: v decides between Public and the
// author's followers, people are addressed by name besides.
func NewAudience(v Visibility, followers ID, people ...ID) Audience {
	switch v {
	case VisiblePublic:
		return Audience{To: IDs{Public}, Cc: append(IDs{followers}, people...)}
	case VisibleUnlisted:
		return Audience{To: IDs{followers}, Cc: append(IDs{Public}, people...)}
	case VisibleFollowers:
		return Audience{To: IDs{followers}, Cc: people}
	default:
		return Audience{To: people}
	}
}
