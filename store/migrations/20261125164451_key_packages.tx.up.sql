-- Who wants to write to somebody so that no server can read it needs one of their
-- key packages (MLS); the servers only know which there are.
CREATE TABLE key_packages (
    owner      bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    iri        text   NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (owner, iri)
);
