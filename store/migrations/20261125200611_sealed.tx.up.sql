-- Messages that only their readers can open (MLS): kept as they came, until they are
-- read or have grown old.
CREATE TABLE sealed (
    key        bigint PRIMARY KEY,
    iri        text   NOT NULL UNIQUE,
    author     bigint NOT NULL,
    raw        text   NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX sealed_by_age ON sealed (created_at);

CREATE TABLE sealed_for (
    reader  bigint NOT NULL,
    message bigint NOT NULL REFERENCES sealed (key) ON DELETE CASCADE,
    author  bigint NOT NULL,
    PRIMARY KEY (reader, message)
);
CREATE INDEX sealed_for_by_author ON sealed_for (author, reader);
CREATE INDEX sealed_for_by_message ON sealed_for (message);
