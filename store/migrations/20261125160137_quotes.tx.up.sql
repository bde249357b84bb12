-- A quote is shown as one only with the leave of who is quoted, so its state must
-- be kept, and so must the leave that our own people give.
CREATE TABLE quotes (
    note   bigint PRIMARY KEY REFERENCES notes ON DELETE CASCADE, -- the quoting one
    iri    text   NOT NULL,             -- of the quoted one
    target bigint,                      -- the quoted one, where we have it
    state  text   NOT NULL,             -- pending, accepted, rejected, revoked
    stamp  text   NOT NULL DEFAULT ''   -- the leave, on the host of who is quoted
);
CREATE INDEX quotes_by_target ON quotes (target, note DESC) WHERE target IS NOT NULL;
CREATE INDEX quotes_by_stamp ON quotes (stamp) WHERE stamp <> '';

CREATE TABLE stamps (
    key        bigint PRIMARY KEY,
    kind       text   NOT NULL, -- quote, like, reply, announce
    author     bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    object     text   NOT NULL, -- what may be done
    target     bigint NOT NULL REFERENCES notes ON DELETE CASCADE, -- to which note
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    UNIQUE (kind, object, target)
);
CREATE INDEX stamps_by_target ON stamps (target);
CREATE INDEX stamps_by_author ON stamps (author);

-- Who wrote what a note answers does not want it there.
ALTER TABLE notes ADD COLUMN detached boolean NOT NULL DEFAULT false;
