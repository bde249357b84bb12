package store

import (
	"context"
	"regexp"
	"strings"
	"time"
)

// Receipt is how far a post has come with one company: the state of its latest version
// that went there.
type Receipt struct {
	Host        string
	State       string
	QueuedAt    time.Time // zero: it is about to be
	DeliveredAt time.Time // the last that arrived, this version or an earlier one; zero: none has
	Until       time.Time // of what is parked: when it is tried again
	Reason      string    // of what is parked, refused or given up: a stable code, "" where there is none
	Message     string    // the same in words, which may quote the other server
}

// States of a Receipt.
const (
	Queued  = "queued"   // under way
	Waiting = "parked"   // tried again later
	Refused = "refused"  // for good, by the other side or, "not_a_partner", by ours
	GivenUp = "given_up" // the other side could not be reached for too long
)

// TooLate begins the outcome of a delivery that was given up.
const TooLate = "too_late: "

// Receipts are those of a post of ours, by host. Nothing older than what is kept of
// deliveries is among them.
func (q query) Receipts(ctx context.Context, note Key) (rs []Receipt, err error) {
	err = q.bound().each(ctx, `SELECT DISTINCT ON (d.host) d.host, d.made_at, d.settled_at IS NOT NULL, d.outcome,
			coalesce(max(d.settled_at) FILTER (WHERE d.outcome = $2) OVER (PARTITION BY d.host), 'epoch'),
			coalesce(h.probe_at, p.due_at, 'epoch'), coalesce(p.reason, '')
		FROM activities AS ac JOIN deliveries AS d ON d.activity = ac.key
		LEFT JOIN parked AS p ON d.settled_at IS NULL AND p.dead_at IS NULL AND p.job = 'deliver-' || d.activity || '-' || encode(sha256(convert_to(d.inbox, 'UTF8')), 'hex')
		LEFT JOIN hosts AS h ON p.job IS NOT NULL AND h.host = d.host AND h.down_since IS NOT NULL
		WHERE ac.note = $1 ORDER BY d.host, d.activity DESC, d.outcome = $2, d.settled_at DESC, p.job`, []any{int64(note), Delivered},
		func(scan func(...any) error) error {
			var r Receipt
			var settled bool
			var outcome, parked string
			err := scan(&r.Host, &r.QueuedAt, &settled, &outcome, &r.DeliveredAt, &r.Until, &parked)
			r.settle(settled, outcome, parked)
			rs = append(rs, r)
			return err
		})
	return rs, err
}

// settle says what has become of it.
func (r *Receipt) settle(settled bool, outcome, parked string) {
	switch late, isLate := strings.CutPrefix(outcome, TooLate); {
	case settled && outcome == Delivered:
		r.State = Delivered
	case settled && isLate:
		r.State, outcome = GivenUp, late
	case settled:
		r.State = Refused
	case parked != "":
		r.State, outcome = Waiting, parked
	default:
		r.State = Queued
	}
	if r.State != Waiting {
		r.Until = time.Time{}
	}
	if r.DeliveredAt.Unix() <= 0 {
		r.DeliveredAt = time.Time{}
	}
	if r.State != Delivered && r.State != Queued {
		r.Reason, r.Message = reasonOf(outcome)
	}
}

var code = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// reasonOf takes what was noted apart: the code of a fault, and its words.
func reasonOf(noted string) (reason, message string) {
	switch noted {
	case Held:
		return "host_down", Held
	case Asked:
		return "host_asked", Asked
	case Away:
		return "many_deliveries", Away
	case Behind:
		return Behind, "an earlier version comes first"
	}
	if reason, message, _ = strings.Cut(noted, ": "); code.MatchString(reason) {
		return reason, message
	}
	return "", noted
}

// Unspread are the activities that bring a post of ours to others and whose deliveries
// are not made yet.
func (q query) Unspread(ctx context.Context, note Key) (fans []Fan, err error) {
	err = q.bound().each(ctx, "SELECT ac.key, ac.actor FROM activities AS ac JOIN fans AS f ON f.activity = ac.key WHERE ac.note = $1", []any{int64(note)},
		func(scan func(...any) error) error {
			var f Fan
			err := scan((*int64)(&f.Activity), (*int64)(&f.Sender))
			fans = append(fans, f)
			return err
		})
	return fans, err
}
