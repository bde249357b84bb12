-- Who goes on with a group when its host does not, as the host has said last and the
-- successor has signed: at the host, at the successor, and at every company in the group.
CREATE TABLE successions (
    group_key  bigint PRIMARY KEY REFERENCES actors ON DELETE CASCADE,
    version    bigint  NOT NULL, -- milliseconds since 1970: the higher one counts
    successor  text    NOT NULL, -- its instance actor; '': nobody
    silence    int     NOT NULL, -- days after which it may claim the group
    named      jsonb   NOT NULL, -- as the host has signed it
    accepted   jsonb,            -- as the successor has signed it
    declined   boolean NOT NULL DEFAULT false
);
