package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/store/chain"
)

// Decision is what is written to the audit log. Who is empty where the context says it:
// see By.
type Decision = chain.Decision

type by struct{}

// By is a ctx in which it is who that decides; without it, it is the instance itself.
func By(ctx context.Context, who string) context.Context { return context.WithValue(ctx, by{}, who) }

// Audit adds a decision to the audit log: its line is kept exactly when what was decided
// is. It is written last of all, since transactions take turns for it until they end.
func (tx *Tx) Audit(ctx context.Context, d Decision) {
	if d.Who == "" {
		d.Who = "instance"
		if who, ok := ctx.Value(by{}).(string); ok {
			d.Who = who
		}
	}
	if d.Details == nil {
		d.Details = map[string]string{}
	}
	tx.decisions = append(tx.decisions, d)
}

// auditTurn is the name of the turns that are taken for the audit log.
const auditTurn = "the audit log"

// chain writes the decisions of a transaction behind the last line of the log.
func (tx *Tx) chain(ctx context.Context) error {
	if len(tx.decisions) == 0 {
		return nil
	}
	last := chain.Line{Hash: []byte{}}
	err := tx.TakeTurns(ctx, auditTurn)
	if err == nil {
		err = tx.bound().row(ctx, "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1", nil, &last.Number, &last.Hash)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for _, d := range tx.decisions {
		l := chain.Line{Number: last.Number + 1, At: tx.Now, Decision: d, Previous: last.Hash}
		if l.Hash, err = l.Sum(); err != nil {
			return err
		}
		details, err := json.Marshal(d.Details)
		if err != nil {
			return err
		}
		_, err = tx.bound().exec(ctx, "INSERT INTO audit (number, at, who, what, about, details, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			l.Number, l.At, l.Who, l.What, l.About, string(details), l.Previous, l.Hash)
		if err != nil {
			return err
		}
		last = l
	}
	return nil
}

const auditLines = "SELECT number, at, who, what, about, details, previous, hash FROM audit"

// AuditLog calls read with every line of the audit log, the first first. Lines are read
// as they are needed, so that a long log takes no more memory than a short one.
func (q query) AuditLog(ctx context.Context, read func(chain.Line) error) error {
	return q.audited(ctx, read, auditLines+" ORDER BY number")
}

// Audited are the latest lines about a host or id, "" for all, since that time.
func (q query) Audited(ctx context.Context, about string, since time.Time, limit int) (lines []chain.Line, err error) {
	keep := func(l chain.Line) error { lines = append(lines, l); return nil }
	err = q.audited(ctx, keep, auditLines+" WHERE ($1 = '' OR about = $1) AND at >= $2 ORDER BY number DESC LIMIT $3", about, since, limit)
	return lines, err
}

// AuditLine is the line of this number, or NotFound.
func (q query) AuditLine(ctx context.Context, number int64) (line chain.Line, err error) {
	err = activity.ErrNotFound()
	keep := func(l chain.Line) error { line, err = l, nil; return nil }
	if failed := q.audited(ctx, keep, auditLines+" WHERE number = $1", number); failed != nil {
		return line, failed
	}
	return line, err
}

func (q query) audited(ctx context.Context, read func(chain.Line) error, text string, args ...any) error {
	return q.bound().each(ctx, text, args, func(scan func(...any) error) error {
		var l chain.Line
		var details []byte
		err := scan(&l.Number, &l.At, &l.Who, &l.What, &l.About, &details, &l.Previous, &l.Hash)
		if err == nil {
			err = json.Unmarshal(details, &l.Details)
		}
		if err != nil {
			return err
		}
		return read(l)
	})
}
