package entity

// Context is the thread around a status.
type Context struct {
	Ancestors   []Status `json:"ancestors"`   // what it answers, the first first
	Descendants []Status `json:"descendants"` // the answers below it
}
