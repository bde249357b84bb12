-- Who goes on as whom, and how far those who follow have been asked to follow along.
CREATE TABLE moves (
    actor   bigint PRIMARY KEY REFERENCES actors ON DELETE CASCADE,
    target  bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    at      timestamptz NOT NULL,
    reached bigint NOT NULL DEFAULT 0 -- the edge of the last follower who was seen to
);
CREATE INDEX moves_by_target ON moves (target);
