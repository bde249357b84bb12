-- An actor has several keys, is found by each of them, and changes ours without
-- losing a delivery; a host is spoken to in the dialect that it understands.

-- The ids of all the keys in an actor's document; key_id is not read any more.
ALTER TABLE actors ADD COLUMN key_ids text[] NOT NULL DEFAULT '{}';
UPDATE actors SET key_ids = ARRAY[key_id] WHERE key_id <> '';
CREATE INDEX actors_by_key_ids ON actors USING gin (key_ids) WHERE key_ids <> '{}';

-- One of each kind (rsa, ed25519) is in use, the others are retired.
ALTER TABLE secrets DROP CONSTRAINT secrets_pkey;
ALTER TABLE secrets
    ADD COLUMN kind       text NOT NULL DEFAULT 'rsa',
    ADD COLUMN key_id     text NOT NULL DEFAULT '', -- of the public half
    ADD COLUMN since      timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN retired_at timestamptz;
UPDATE secrets AS s SET key_id = a.iri || '#main-key' FROM actors AS a WHERE a.key = s.actor;
ALTER TABLE secrets ADD PRIMARY KEY (key_id);
CREATE UNIQUE INDEX secrets_in_use ON secrets (actor, kind) WHERE retired_at IS NULL;
CREATE INDEX secrets_by_actor ON secrets (actor);

-- How requests to a host are signed, '' where nothing is known, and until when
-- that is remembered.
ALTER TABLE hosts
    ADD COLUMN dialect       text NOT NULL DEFAULT '',
    ADD COLUMN dialect_until timestamptz;
