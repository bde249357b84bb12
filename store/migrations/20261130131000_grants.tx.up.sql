-- What a partner may do: by our word alone, or as far as an agreement says (see
-- package agreement). Who was a partner before may do what it could.
ALTER TABLE partners
    ADD COLUMN agreement text  NOT NULL DEFAULT '',   -- that it follows from; '': our word alone
    ADD COLUMN suspended boolean NOT NULL DEFAULT false, -- nothing goes either way, and what waits is held
    ADD COLUMN lets      jsonb NOT NULL DEFAULT '{}', -- what their people may do here: a grant
    ADD COLUMN takes     jsonb NOT NULL DEFAULT '{}', -- what ours may do there
    ADD COLUMN from_at   timestamptz,
    ADD COLUMN until_at  timestamptz;

UPDATE partners SET lets = g.all, takes = g.all FROM (SELECT '{"words": ["profile", "directory", "follow", "mention", "dm",
    "group.see_closed", "group.join", "group.host", "post", "comment", "react", "file.view", "file.upload", "event", "bot"],
    "people": "everyone"}'::jsonb AS all) AS g;

-- All that this side knows of its agreements: texts, consents, registers, as they were signed.
CREATE TABLE partnerships (
    id         text PRIMARY KEY,
    host       text    NOT NULL,                -- of the other side
    other      text    NOT NULL,                -- its instance actor
    knowledge  jsonb   NOT NULL,
    seen       bigint  NOT NULL DEFAULT 0,      -- the last epoch of ours that the other side has shown to know
    state      text    NOT NULL,                -- when it was looked at last
    is_over    boolean NOT NULL DEFAULT false,
    key        text    NOT NULL DEFAULT '',     -- of the other side (Multikey), as first seen or confirmed
    confirmed_at timestamptz,                   -- the words were compared
    heard_at   timestamptz,                     -- the last message of the other side
    told_at    timestamptz,                     -- a digest of ours was promised
    made_at    timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX partnerships_by_host ON partnerships (host, made_at DESC);
