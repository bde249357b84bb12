package federation

import (
	"cmp"
	"context"
	"encoding/json"

	"entente.example/entente/activity"
	"entente.example/entente/federation/resolve"
	"entente.example/entente/store"
)

// Quotes follow FEP-044f. Whoever quotes asks; whoever is quoted answers with a
// stamp on their own host; everybody else believes nothing but the stamp. Until
// then a quote is a link. Quoting oneself needs no leave.

// quotes: one of ours has just quoted something. Of our own people we know at once
// whether they let it be quoted; others are asked.
func (d *Deed) quotes(ctx context.Context, n store.Note) error {
	if !d.Local {
		return nil
	}
	q, ok, err := activity.Optional(d.Quote(ctx, n.Key))
	if err != nil || !ok {
		return err
	}
	target, err := d.Note(ctx, q.IRI)
	if err != nil {
		return err
	}
	if q.Target = target.Key; target.AuthorKey == d.Actor.Key {
		q.State = store.QuoteAccepted
		return d.SettleQuote(ctx, q)
	}
	if !target.Local {
		return d.askToQuote(ctx, n, target)
	}
	may, err := d.mayDo(ctx, "quote", target)
	key, stamped := d.StampKey(q.Stamp)
	if err == nil && (!may || !stamped) {
		err = activity.Refuse(activity.Denied, "not_quotable", "its author does not let this post be quoted")
	}
	if err != nil {
		return err
	}
	stamp, err := d.PutStamp(ctx, store.Stamp{Key: key, Kind: "quote", Author: target.AuthorKey, Object: n.ID, Target: target.Key})
	if err != nil {
		return err
	}
	return d.quoted(ctx, target, stamp)
}

func (d *Deed) askToQuote(ctx context.Context, n, target store.Note) error {
	raw, err := json.Marshal(n.Note)
	if err != nil {
		return err
	}
	r := &QuoteRequest{}
	r.Object, r.To = activity.Ref{ID: target.ID}, activity.IDs{target.Note.Author()}
	r.Instrument = activity.Ref{ID: n.ID, Raw: raw}
	_, err = d.Do(ctx, d.Actor, r)
	return err
}

// quoted: one of ours has given leave. Where we have the quoting note, it is a
// quote from now on, and who is quoted is told.
func (d *Deed) quoted(ctx context.Context, target store.Note, stamp store.Stamp) error {
	n, ok, err := activity.Optional(d.Note(ctx, stamp.Object))
	if err != nil || !ok || n.AuthorKey != d.Actor.Key || n.Quote.ID != target.ID {
		return err
	}
	q := store.Quote{Note: n.Key, IRI: target.ID, Target: target.Key, State: store.QuoteAccepted, Stamp: d.StampID(stamp.Key)}
	if err := d.SettleQuote(ctx, q); err != nil {
		return err
	}
	return d.Notify(ctx, target.AuthorKey, "quote", n.AuthorKey, n.Key)
}

// quoteGranted: one of ours may quote. The stamp goes with the note from now on.
func (d *Deed) quoteGranted(ctx context.Context, p plea, stamp activity.ID) error {
	if gone, err := d.Buried(ctx, stamp); err != nil || !gone.IsZero() {
		return err // taken back before it came
	}
	p.note.QuoteAuthorization = activity.Ref{ID: stamp}
	if _, err := d.EditNote(ctx, p.note); err != nil {
		return err
	}
	q := store.Quote{Note: p.note.Key, IRI: p.target.ID, Target: p.target.Key, State: store.QuoteAccepted, Stamp: stamp}
	if err := d.SettleQuote(ctx, q); err != nil {
		return err
	}
	return d.republish(ctx, p.note)
}

// quoteEnds: a quote is none any more, or never was one. A note of ours loses its
// stamp wherever it went.
func (d *Deed) quoteEnds(ctx context.Context, q store.Quote, state string) error {
	q.State = state
	if err := d.SettleQuote(ctx, q); err != nil {
		return err
	}
	n, ok, err := activity.Optional(d.NoteByKey(ctx, q.Note))
	if err != nil || !ok || !n.Local || n.QuoteAuthorization.ID == "" {
		return err
	}
	n.QuoteAuthorization = activity.Ref{}
	return d.republish(ctx, n)
}

// stampGone is what an id means in a Delete: leave that the actor had given. ok is
// false for any other id.
func (d *Deed) stampGone(ctx context.Context, id activity.ID) (quotes []store.Quote, ok bool, err error) {
	quotes, err = d.QuotesByStamp(ctx, id)
	if err != nil {
		return nil, false, err
	}
	if key, ours := d.StampKey(id); ours {
		s, err := d.Stamp(ctx, key)
		if err == nil && s.Author != d.Actor.Key {
			err = notYourStamp()
		}
		return quotes, true, err
	}
	for _, q := range quotes {
		target, known, err := activity.Optional(d.NoteByKey(ctx, q.Target))
		if err != nil {
			return nil, false, err
		}
		if known && target.AuthorKey != d.Actor.Key || !activity.SameOrigin(id, d.Actor.ID) {
			return nil, true, notYourStamp()
		}
	}
	return quotes, len(quotes) > 0, nil
}

func notYourStamp() error {
	return activity.Refuse(activity.Denied, "not_yours", "leave is taken back by who gave it")
}

// revoke takes leave back: see Delete.
func (d *Deed) revoke(ctx context.Context, id activity.ID, quotes []store.Quote) error {
	if key, ours := d.StampKey(id); ours {
		if err := d.RevokeStamp(ctx, key); err != nil {
			return err
		}
	} else if err := d.Bury(ctx, id, d.Actor.ID); err != nil {
		return err
	}
	for _, q := range quotes {
		if err := d.quoteEnds(ctx, q, store.QuoteRevoked); err != nil {
			return err
		}
	}
	return nil
}

// RevokeQuote takes back the leave for a note of mine to be quoted; NotFound when
// quoting does not quote it with leave.
func (s *Service) RevokeQuote(ctx context.Context, me store.Actor, quoted, quoting store.Note) error {
	stamp, err := s.db.StampFor(ctx, "quote", quoting.ID, quoted.Key)
	if err != nil || stamp.Author != me.Key {
		return activity.Because(activity.NotFound, "not_found", err, "there is nothing here, or nothing that you may see")
	}
	r := &Delete{}
	r.Object, r.Audience = activity.Ref{ID: s.StampID(stamp.Key)}, quoted.Audience
	r.To = append(activity.IDs{quoting.Note.Author()}, r.To...)
	_, err = s.submit(ctx, me, r)
	return err
}

// JudgeQuote finds out whether a partner's note may quote what it quotes: it
// fetches both the quoted note and the stamp from the quoted author's host. What is
// quoted by the id of a boost is no note, and stays a link (CVE-2025-62605).
func (s *Service) JudgeQuote(ctx context.Context, job store.JudgeQuote) error {
	n, ok, err := activity.Optional(s.db.NoteByKey(ctx, job.Note))
	if err != nil || !ok || n.Local {
		return err
	}
	q, ok, err := activity.Optional(s.db.Quote(ctx, n.Key))
	if err != nil || !ok || q.State != store.QuotePending {
		return err
	}
	r := s.Errand()
	if err := r.Ensure(ctx, q.IRI); err != nil && !activity.KindOf(err).Permanent() {
		return err
	}
	target, ok, err := activity.Optional(s.db.Note(ctx, q.IRI))
	if err != nil || !ok {
		return err
	}
	may, err := s.mayQuote(ctx, r, n, target, q.Stamp)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeTurns(ctx, n.ID, q.Stamp); err != nil {
			return err
		}
		now, ok, err := activity.Optional(tx.Quote(ctx, n.Key))
		gone, errGone := tx.Buried(ctx, q.Stamp)
		if err != nil || errGone != nil || !ok || now != q { // it changed meanwhile: that is judged by itself
			return cmp.Or(err, errGone)
		}
		if q.Target = target.Key; may && gone.IsZero() {
			q.State = store.QuoteAccepted
		}
		return tx.SettleQuote(ctx, q)
	})
}

// mayQuote: the stamp is served by the host of who is quoted, is theirs, and names
// this very note and this very target, byte for byte (interop §7 row 21).
func (s *Service) mayQuote(ctx context.Context, r *resolve.Errand, n, target store.Note, id activity.ID) (bool, error) {
	if n.AuthorKey == target.AuthorKey {
		return true, nil
	}
	if key, ours := s.StampKey(id); ours {
		stamp, ok, err := activity.Optional(s.db.Stamp(ctx, key))
		return ok && stamp.Kind == "quote" && stamp.RevokedAt.IsZero() && stamp.Object == n.ID && stamp.Target == target.Key, err
	}
	author := target.Note.Author()
	if !activity.SameOrigin(id, author) {
		return false, nil
	}
	raw, err := r.Read(ctx, id)
	if err != nil {
		return false, err
	}
	var stamp Stamp
	if json.Unmarshal(raw, &stamp) != nil {
		return false, nil
	}
	return stamp.Type == StampType("quote") && stamp.AttributedTo == author &&
		stamp.InteractingObject == n.ID && stamp.InteractionTarget == target.ID, nil
}
