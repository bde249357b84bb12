package agreement

import (
	"bytes"
	"cmp"
	"encoding/json"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Receipt is the statement of one side that it has deleted its copies of what the other
// side's people have shared. Nobody can prove that; it is evidence of what was said.
type Receipt struct {
	Type      string        `json:"type"` // "DeletionReceipt"
	Agreement activity.ID   `json:"agreement"`
	Owner     activity.ID   `json:"owner"` // who has deleted
	At        activity.Time `json:"at"`
	Posts     int           `json:"posts"`
	Files     int           `json:"files"`    // copies of pictures
	Profiles  int           `json:"profiles"` // cut down to a name and a company
	Kept      int           `json:"kept"`     // private messages, which are also of their recipients

	Signed json.RawMessage `json:"-"` // with the proof of its owner
}

// compare orders the receipts of one owner: the last one counts.
func (r Receipt) compare(o Receipt) int {
	return cmp.Or(r.At.Compare(o.At.Time), bytes.Compare(r.body(), o.body()))
}

// Is says whether two receipts are the same, whatever their proofs.
func (r Receipt) Is(o Receipt) bool { return r.Owner == o.Owner && r.compare(o) == 0 }

func (r Receipt) body() []byte {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil // strings and numbers always have a JSON form
	}
	return raw
}

func (r Receipt) check() error {
	if r.Type != "DeletionReceipt" || r.At.IsZero() || min(r.Posts, r.Files, r.Profiles, r.Kept) < 0 {
		return activity.Refuse(activity.Invalid, "bad_receipt", "a deletion receipt has a time, and counts what was deleted")
	}
	return nil
}

// learnReceipt keeps the last one of the other side. One of our own is never learnt: who
// has forgotten it was restored from a backup, and has the copies again.
func (a *Agreement) learnReceipt(r Receipt) bool {
	was, known := a.receipts[r.Owner]
	if r.Owner == a.Me || known && r.compare(was) <= 0 {
		return false
	}
	a.receipts[r.Owner] = r
	return true
}

// HasReceipt says whether exactly this receipt is known already.
func (a *Agreement) HasReceipt(r Receipt) bool {
	was, known := a.receipts[r.Owner]
	return known && was.compare(r) == 0
}

// Receipt is the last one known of a party.
func (a *Agreement) Receipt(owner activity.ID) (Receipt, bool) {
	r, known := a.receipts[owner]
	return r, known
}

// Deleted notes what this side has deleted; it must be signed and told.
func (a *Agreement) Deleted(r Receipt, now time.Time) {
	r.Type, r.Agreement, r.Owner, r.At, r.Signed = "DeletionReceipt", a.ID, a.Me, stamp(now), nil
	a.receipts[a.Me] = r
}

// DeleteBy is from when and until when each side deletes its copies: at once when it was
// revoked, else once both have had the time to take theirs out; ok is false where it is
// not over, or all terms let both keep them.
func (a *Agreement) DeleteBy(now time.Time) (from, until time.Time, ok bool) {
	contracts := a.contracts()
	if len(contracts) == 0 {
		return from, until, false
	}
	final, at := a.Final()
	if final == "" {
		at = a.until()
	}
	last := contracts[len(contracts)-1]
	keeps := last.Data.AtEnd == Keeps
	switch state := a.State(now); {
	case state == StateRevoked, state == StateEnded && final == Revoked:
		from = at
	case state == StateEnded && !keeps:
		from = at.Add(limits.WindDown)
	default:
		return from, until, false
	}
	return from, from.Add(time.Duration(last.Data.DeleteWithin) * time.Hour), true
}

// ExportWindow is how long after the end each side can take out what is its own: no longer
// than the copies are there.
func (t DataTerms) ExportWindow() time.Duration {
	day := 24 * time.Hour
	return time.Duration(min(t.ExportFor, int(limits.WindDown/day))) * day
}

// ExportBy is until when each side can take out what is its own, once an agreement has run
// out or was ended in good order. Zero: it has not ended so, or there was none.
func (a *Agreement) ExportBy() time.Time {
	contracts := a.contracts()
	final, at := a.Final()
	if len(contracts) == 0 || final == Revoked {
		return time.Time{}
	}
	if until := a.until(); at.IsZero() || until.Before(at) {
		at = until
	}
	return at.Add(contracts[len(contracts)-1].Data.ExportWindow())
}

// OwesReceipt says that a party has not said yet that it has deleted what it must.
func (a *Agreement) OwesReceipt(party activity.ID, now time.Time) bool {
	_, done := a.receipts[party]
	_, _, must := a.DeleteBy(now)
	return must && !done
}
