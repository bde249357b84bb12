-- Pictures that our people attach, and posts that they have written for later.

CREATE TABLE media (
    key         bigint PRIMARY KEY,
    owner       bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    note        bigint REFERENCES notes ON DELETE SET NULL, -- that it is attached to
    hash        text   NOT NULL, -- SHA-256 of the file, which is its name in the data folder
    type        text   NOT NULL,
    size        bigint NOT NULL,
    width       int    NOT NULL,
    height      int    NOT NULL,
    blurhash    text   NOT NULL,
    description text   NOT NULL DEFAULT '',
    focus_x     double precision NOT NULL DEFAULT 0,
    focus_y     double precision NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL,
    loose_at    timestamptz -- since when it is attached to nothing
);
CREATE INDEX media_by_note ON media (note) WHERE note IS NOT NULL;
CREATE INDEX media_by_hash ON media (hash);
CREATE INDEX media_by_owner ON media (owner);
CREATE INDEX media_loose ON media (loose_at) WHERE note IS NULL;

-- What addresses of pictures are signed with, so that only who was shown one can use it.
CREATE TABLE media_secret (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    secret text NOT NULL DEFAULT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
);
INSERT INTO media_secret DEFAULT VALUES;

-- Posts that wait for their time. A job of the same key is parked until then.
CREATE TABLE drafts (
    key        bigint PRIMARY KEY,
    owner      bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    draft      jsonb  NOT NULL,
    media      bigint[] NOT NULL DEFAULT '{}',
    due_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX drafts_by_owner ON drafts (owner, key DESC);
CREATE INDEX drafts_by_media ON drafts USING gin (media);
