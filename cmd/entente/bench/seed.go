package bench

// Seed is how large a data set is.
type Seed struct {
	Members int // people of ours
}
