-- What somebody finds wrong must be seen by who can do something about it, once,
-- and stay until they have.
CREATE TABLE reports (
    key         bigint PRIMARY KEY,
    iri         text   NOT NULL UNIQUE, -- the Flag
    reporter    bigint NOT NULL REFERENCES actors ON DELETE CASCADE, -- a partner's instance, mostly
    account     bigint NOT NULL REFERENCES actors ON DELETE CASCADE, -- who is reported
    notes       bigint[] NOT NULL DEFAULT '{}', -- what they wrote
    comment     text   NOT NULL DEFAULT '',
    category    text   NOT NULL DEFAULT 'other',
    forwarded   boolean NOT NULL DEFAULT false, -- to the company of who is reported
    resolved_at timestamptz,
    resolved_by text   NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL
);
CREATE INDEX reports_open ON reports (key DESC) WHERE resolved_at IS NULL;
CREATE INDEX reports_by_reporter ON reports (reporter, account) WHERE resolved_at IS NULL;
CREATE INDEX reports_by_account ON reports (account);
