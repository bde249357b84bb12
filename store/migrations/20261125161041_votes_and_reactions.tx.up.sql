-- Who has voted what in a poll, and who has reacted to a note with which emoji.
CREATE TABLE votes (
    note       bigint NOT NULL REFERENCES notes ON DELETE CASCADE,
    voter      bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    option     int    NOT NULL, -- from 0, in the order of the poll
    created_at timestamptz NOT NULL,
    PRIMARY KEY (note, voter, option)
);
CREATE INDEX votes_by_voter ON votes (voter);

CREATE TABLE reactions (
    key        bigint NOT NULL,
    note       bigint NOT NULL REFERENCES notes ON DELETE CASCADE,
    actor      bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    emoji      text   NOT NULL, -- a character, or :shortcode:
    url        text   NOT NULL DEFAULT '', -- of the picture behind a shortcode
    iri        text   NOT NULL DEFAULT '', -- the activity that made it
    by_like    boolean NOT NULL, -- that was a Like, which is a favourite too
    PRIMARY KEY (note, actor, emoji)
);
CREATE INDEX reactions_by_iri ON reactions (iri) WHERE iri <> '';
CREATE INDEX reactions_by_actor ON reactions (actor);
