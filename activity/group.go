package activity

// Access is who may come into a group, and who may know of it.
type Access string

// The three kinds of groups, from the widest to the narrowest.
const (
	AccessOpen   Access = "open"   // people of its companies join at once
	AccessClosed Access = "closed" // they see what it is and ask to join
	AccessSecret Access = "secret" // whom nobody has invited cannot tell it from nothing
)

// Accesses are all of them.
var Accesses = []Access{AccessOpen, AccessClosed, AccessSecret}

// private is what a secret group calls itself (Smithereen, accessType).
const private = "private"

// Shut says that a group is for its members only.
func (a Access) Shut() bool { return a == AccessClosed || a == AccessSecret }

// Access is that of a group, as its document says it: by accessType (Smithereen), else
// it is closed where somebody has to be asked (Lemmy's private communities). "" for
// who is no group.
func (a Actor) Access() Access {
	switch {
	case a.Type != "Group":
		return ""
	case a.AccessType == private:
		return AccessSecret
	case a.AccessType == Text(AccessClosed) || bool(a.ManuallyApproves):
		return AccessClosed
	}
	return AccessOpen
}

// SetAccess makes the document of a group say how far it is open.
func (a *Actor) SetAccess(to Access) {
	a.AccessType, a.ManuallyApproves = Text(to), Flag(to.Shut())
	if to == AccessSecret {
		a.AccessType = private
	}
}
