-- A process of the version before reads one secret an actor, whichever row comes, and
-- writes it ON CONFLICT (actor): the many keys get a table of their own, and secrets is
-- again as that process knows it, until the next minor version drops it.

CREATE TABLE keys (
    key_id     text PRIMARY KEY, -- of the public half
    actor      bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    kind       text NOT NULL, -- rsa or ed25519: one of each is in use
    pem        text NOT NULL,
    since      timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz
);
INSERT INTO keys (key_id, actor, kind, pem, since, retired_at) SELECT key_id, actor, kind, pem, since, retired_at FROM secrets WHERE key_id <> '';
CREATE UNIQUE INDEX keys_in_use ON keys (actor, kind) WHERE retired_at IS NULL;
CREATE INDEX keys_by_actor ON keys (actor);

-- What that process signs with is the key that it names, #main-key, also when it is
-- retired: a partner finds it under that name, or not at all.
DELETE FROM secrets WHERE kind <> 'rsa' OR key_id NOT LIKE '%#main-key';
DROP INDEX secrets_in_use, secrets_by_actor;
ALTER TABLE secrets DROP CONSTRAINT secrets_pkey, ADD PRIMARY KEY (actor),
    DROP COLUMN kind, DROP COLUMN key_id, DROP COLUMN since, DROP COLUMN retired_at;

-- Who is hired by either version can sign in both.
CREATE FUNCTION keys_to_secrets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM secrets WHERE actor = OLD.actor AND OLD.kind = 'rsa' AND OLD.key_id LIKE '%#main-key';
    ELSIF NEW.kind = 'rsa' AND NEW.key_id LIKE '%#main-key' THEN
        INSERT INTO secrets (actor, pem) VALUES (NEW.actor, NEW.pem) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keys_to_secrets AFTER INSERT OR DELETE ON keys FOR EACH ROW EXECUTE FUNCTION keys_to_secrets();
CREATE FUNCTION secrets_to_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO keys (key_id, actor, kind, pem) SELECT iri || '#main-key', NEW.actor, 'rsa', NEW.pem FROM actors WHERE key = NEW.actor
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER secrets_to_keys AFTER INSERT ON secrets FOR EACH ROW EXECUTE FUNCTION secrets_to_keys();
