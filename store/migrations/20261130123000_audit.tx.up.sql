-- What was decided about this instance, one line each, in a chain: each line has the
-- hash of the one before it. Lines are added, and never changed or removed.
CREATE TABLE audit (
    number   bigint PRIMARY KEY,            -- 1, 2, 3 ...
    at       timestamptz NOT NULL,
    who      text  NOT NULL,                -- "operator", "instance", an admin, or the host of a partner
    what     text  NOT NULL,                -- a stable word: partner.allowed
    about    text  NOT NULL,                -- a host or an id
    details  jsonb NOT NULL,                -- names and words
    previous bytea NOT NULL,                -- the hash of the line before, empty in the first
    hash     bytea NOT NULL                 -- SHA-256 of the line (RFC 8785), previous included
);

CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only added to';
END $$;

CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();
