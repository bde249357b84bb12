-- Who speaks in a group of a partner by a card of their own company, which has no agreement
-- with ours: what they have said there may be answered there.
CREATE TABLE cards (
    in_group  bigint      NOT NULL REFERENCES actors ON DELETE CASCADE,
    actor     bigint      NOT NULL REFERENCES actors ON DELETE CASCADE,
    issued_at timestamptz NOT NULL, -- the last one
    PRIMARY KEY (in_group, actor)
);
