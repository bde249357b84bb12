-- What an Idempotency-Key has made, so that a client which did not get the answer can
-- ask again, also of another process and after a crash.
CREATE TABLE makings (
    member bigint NOT NULL,
    once   text   NOT NULL, -- names the client and its key
    made   bigint NOT NULL, -- a note or a draft
    at     timestamptz NOT NULL,
    PRIMARY KEY (member, once)
);
CREATE INDEX makings_by_age ON makings (at);
