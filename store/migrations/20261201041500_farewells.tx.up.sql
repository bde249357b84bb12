-- Companies whose agreement has ended: what is left of them goes bit by bit.
CREATE TABLE farewells (
    host     text PRIMARY KEY,
    before   bigint,                    -- edges of their people up to this one are to be cut; null: none are
    posts    integer NOT NULL DEFAULT 0, -- of theirs that were deleted, until all are
    files    integer NOT NULL DEFAULT 0,
    profiles integer NOT NULL DEFAULT 0
);
