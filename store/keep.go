package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"entente.example/entente/activity"
)

// sameKind says of an actor that is written again that it is, as before, a server's own
// or not: see PutActor.
const sameKind = "(a.type = 'Application') = (EXCLUDED.type = 'Application')"

// moved says of an actor that is written again in which group it goes on, if it is a group
// whose Move was believed: see PutActor.
const moved = "coalesce((SELECT jsonb_build_object('movedTo', h.iri) FROM moves AS m, actors AS h WHERE m.actor = a.key AND h.key = m.target AND h.type = 'Group'), '{}')"

// PutActor writes an actor, new or known, by its IRI. The key of a known one
// stays, as do its suspension and its being ours or not; the result has it. Nobody becomes
// an Application, which reads for all people of its server, by saying so later; nor does a
// group that has moved take that back so.
func (tx *Tx) PutActor(ctx context.Context, a Actor) (Actor, error) {
	kept, err := tx.putActors(ctx, []Actor{a})
	if err != nil {
		return a, err
	}
	if _, is := kept[a.ID]; !is {
		return a, sql.ErrNoRows
	}
	return kept[a.ID], nil
}

// putActors writes actors, each once, and gives them as they are kept. One of ours is left
// out where its document is not.
func (tx *Tx) putActors(ctx context.Context, as []Actor) (map[activity.ID]Actor, error) {
	given, text, err := rowsOf(tx.Now, as)
	if err != nil {
		return nil, err
	}
	tx.forget()
	kept := make(map[activity.ID]Actor, len(as))
	err = tx.bound().each(ctx, `INSERT INTO actors AS a (key, iri, host, origin, username, type, local, inbox, shared_inbox, followers, url, key_ids, doc, fetched_at, suspended_at, deleted_at)
		SELECT key, iri, host, origin, username, type, local, inbox, shared_inbox, followers, url, key_ids, doc, fetched_at, suspended_at, deleted_at
		FROM jsonb_to_recordset($1::jsonb) AS r (key bigint, iri text, host text, origin text, username text, type text, local boolean, inbox text, shared_inbox text,
			followers text, url text, key_ids text[], doc jsonb, fetched_at timestamptz, suspended_at timestamptz, deleted_at timestamptz) ORDER BY iri
		ON CONFLICT (iri) DO UPDATE SET host = EXCLUDED.host, origin = EXCLUDED.origin, username = EXCLUDED.username, inbox = EXCLUDED.inbox,
			shared_inbox = EXCLUDED.shared_inbox, followers = EXCLUDED.followers, url = EXCLUDED.url, key_ids = EXCLUDED.key_ids,
			fetched_at = EXCLUDED.fetched_at, type = CASE WHEN `+sameKind+` THEN EXCLUDED.type ELSE a.type END,
			doc = (CASE WHEN `+sameKind+` THEN EXCLUDED.doc ELSE jsonb_set(EXCLUDED.doc, '{type}', to_jsonb(a.type)) END)
				|| `+moved+`
		WHERE NOT a.local OR EXCLUDED.local
		RETURNING iri, key, local, type, suspended_at, deleted_at, coalesce(doc->>'movedTo', '')`, []any{string(text)}, func(scan func(...any) error) error {
		var r actorRow
		var movedTo activity.ID
		if err := scan(&r.IRI, &r.Key, &r.Local, &r.Type, &r.SuspendedAt, &r.DeletedAt, &movedTo); err != nil {
			return err
		}
		got := given[r.IRI]
		got.MovedTo.ID = movedTo
		got.Key, got.Local, got.Type, got.SuspendedAt, got.DeletedAt = r.Key, r.Local, r.Type, r.SuspendedAt.Time, r.DeletedAt.Time
		kept[r.IRI] = got
		return nil
	})
	return kept, err
}

// rowsOf are these actors by id, with their keys, and the rows to write as JSON.
func rowsOf(at time.Time, as []Actor) (map[activity.ID]Actor, []byte, error) {
	given, rows := map[activity.ID]Actor{}, make([]actorRow, len(as))
	for i, a := range as {
		if a.Key == 0 {
			a.Key = NewKey(at)
		}
		if a.FetchedAt.IsZero() {
			a.FetchedAt = at
		}
		var err error
		if rows[i], err = newActorRow(a); err != nil {
			return nil, nil, err
		}
		given[a.ID] = a
	}
	text, err := json.Marshal(rows)
	return given, text, err
}

// keptActor is somebody elsewhere who is to be kept, and how they are.
type keptActor struct {
	actor, kept Actor
	known       bool
}

// KeepActor is PutActor, in one transaction with others that are kept at the same moment.
func (s *Store) KeepActor(ctx context.Context, a Actor) (Actor, error) {
	one := &keptActor{actor: a}
	if err := s.gathered.kept.Do(ctx, one); err != nil {
		return a, err
	}
	if !one.known {
		return a, sql.ErrNoRows
	}
	return one.kept, nil
}

func (s *Store) keepActors(ctx context.Context, all []*keptActor) error {
	return s.InTx(ctx, func(tx *Tx) error {
		kept, err := tx.putActors(ctx, each(all, func(one *keptActor) Actor { return one.actor }))
		for _, one := range all {
			one.kept, one.known = kept[one.actor.ID]
		}
		return err
	})
}
