-- Who was told of a word by somebody whom they have nothing to do with: strangers may
-- do that a few times a day. Nothing refers to notes, since taking one back does not
-- take back that somebody was told.
CREATE TABLE first_contacts (
    note   bigint NOT NULL,
    member bigint NOT NULL,
    author bigint NOT NULL,
    domain text   NOT NULL, -- the registered one of the author's host
    at     timestamptz NOT NULL,
    PRIMARY KEY (note, member)
);
CREATE INDEX first_contacts_by_author ON first_contacts (author, at);
CREATE INDEX first_contacts_by_domain ON first_contacts (domain, at);
CREATE INDEX first_contacts_by_time ON first_contacts (at);

-- Whom our people have written to.
CREATE INDEX notes_by_addressed ON notes USING gin (addressed) WHERE local AND addressed <> '{}';
