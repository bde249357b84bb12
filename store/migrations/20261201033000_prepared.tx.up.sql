-- What somebody prepares to offer to a host; nothing of it has left.
CREATE TABLE prepared (
    host     text PRIMARY KEY,
    proposal jsonb NOT NULL,
    made_at  timestamptz NOT NULL
);
