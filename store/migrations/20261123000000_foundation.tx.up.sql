-- The foundation: who there is, what they wrote, who did what to which, what
-- must still happen, and with whom we speak. Keys are 64-bit and grow with
-- time (milliseconds << 16 plus a sequence); IRIs are unique columns.

-- What this instance is called; the names in handles can never change.
CREATE TABLE instance (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    host text NOT NULL,
    url  text NOT NULL
);

-- Everyone that we know of, ours and remote. doc is the actor's document.
CREATE TABLE actors (
    key          bigint PRIMARY KEY,
    iri          text   NOT NULL UNIQUE,
    host         text   NOT NULL, -- in the handle
    origin       text   NOT NULL, -- of the id: whose server speaks for it
    username     text   NOT NULL,
    type         text   NOT NULL,
    local        boolean NOT NULL,
    inbox        text   NOT NULL,
    shared_inbox text   NOT NULL,
    followers    text   NOT NULL DEFAULT '',
    url          text   NOT NULL DEFAULT '',
    key_id       text   NOT NULL DEFAULT '',
    doc          jsonb  NOT NULL,
    fetched_at   timestamptz NOT NULL,
    suspended_at timestamptz,
    deleted_at   timestamptz
);
CREATE UNIQUE INDEX actors_local_names ON actors (lower(username)) WHERE local;
CREATE INDEX actors_by_handle ON actors (lower(username), host);
CREATE INDEX actors_by_origin ON actors (origin) WHERE NOT local;
CREATE INDEX actors_by_followers ON actors (followers) WHERE followers <> '';
CREATE INDEX actors_by_url ON actors (url) WHERE url <> '';
CREATE INDEX actors_by_key_id ON actors (key_id) WHERE key_id <> '';
CREATE INDEX actors_by_inbox ON actors (shared_inbox) WHERE NOT local;

-- The private halves of our actors' keys (PKCS#8 PEM).
CREATE TABLE secrets (
    actor bigint PRIMARY KEY REFERENCES actors ON DELETE CASCADE,
    pem   text NOT NULL
);

-- Our people: the actors that can sign in.
CREATE TABLE members (
    actor      bigint PRIMARY KEY REFERENCES actors ON DELETE CASCADE,
    email      text NOT NULL,
    password   text NOT NULL DEFAULT '', -- argon2id, '' until one is set
    admin      boolean NOT NULL DEFAULT false,
    locale     text NOT NULL DEFAULT '',
    locked_at  timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX members_by_email ON members (lower(email));

-- The groups that live here, and which companies may take part ('*': all).
CREATE TABLE groups (
    actor      bigint PRIMARY KEY REFERENCES actors ON DELETE CASCADE,
    access     text   NOT NULL DEFAULT 'open',
    companies  text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL
);

-- Who did what to which: follow, member, like, boost, block, feature...
CREATE TABLE edges (
    key        bigint NOT NULL UNIQUE,
    kind       text   NOT NULL,
    actor      bigint NOT NULL,
    object     bigint NOT NULL,
    accepted   boolean NOT NULL DEFAULT true,
    iri        text   NOT NULL DEFAULT '', -- the activity that made it
    detail     jsonb,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (kind, actor, object)
);
CREATE INDEX edges_by_object ON edges (object, kind, key DESC);
CREATE INDEX edges_by_actor ON edges (actor, kind, key DESC);
CREATE INDEX edges_waiting ON edges (object, kind) WHERE NOT accepted;
CREATE INDEX edges_by_iri ON edges (iri) WHERE iri <> '';

-- What people wrote. doc is the object's document, HTML sanitised.
CREATE TABLE notes (
    key          bigint PRIMARY KEY,
    iri          text   NOT NULL UNIQUE,
    author       bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    local        boolean NOT NULL,
    reply_to     bigint,                -- the note it answers, where we have it
    reply_iri    text   NOT NULL DEFAULT '',
    thread       bigint NOT NULL,       -- the first note of its thread that we have
    group_key    bigint,                -- the group it is posted in
    admitted     boolean NOT NULL DEFAULT false, -- by that group
    visibility   text   NOT NULL,
    addressed    bigint[] NOT NULL DEFAULT '{}', -- people and groups by name
    hashtags     text[] NOT NULL DEFAULT '{}',   -- in lower case, without #
    url          text   NOT NULL DEFAULT '',
    doc          jsonb  NOT NULL,
    published_at timestamptz NOT NULL,
    updated_at   timestamptz
);
CREATE INDEX notes_by_author ON notes (author, key DESC);
CREATE INDEX notes_by_reply ON notes (reply_to, key) WHERE reply_to IS NOT NULL;
CREATE INDEX notes_waiting ON notes (reply_iri) WHERE reply_to IS NULL AND reply_iri <> '';
CREATE INDEX notes_by_thread ON notes (thread, key);
CREATE INDEX notes_by_group ON notes (group_key, key DESC) WHERE admitted;
CREATE INDEX notes_public ON notes (key DESC) WHERE visibility = 'public' AND group_key IS NULL;
CREATE INDEX notes_by_hashtag ON notes USING gin (hashtags) WHERE hashtags <> '{}';
CREATE INDEX notes_by_url ON notes (url) WHERE url <> '';

-- What each of our readers sees at home: a note, or a boost of one.
CREATE TABLE timeline (
    reader bigint NOT NULL,
    key    bigint NOT NULL, -- of the note or of the boost
    note   bigint NOT NULL REFERENCES notes ON DELETE CASCADE,
    booster bigint,
    PRIMARY KEY (reader, key)
);
CREATE INDEX timeline_by_note ON timeline (note);

-- What happened to each of our people and concerns them.
CREATE TABLE notifications (
    key        bigint PRIMARY KEY,
    member     bigint NOT NULL,
    kind       text   NOT NULL,
    actor      bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    note       bigint REFERENCES notes ON DELETE CASCADE,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX notifications_once ON notifications (member, kind, actor, coalesce(note, 0));
CREATE INDEX notifications_by_member ON notifications (member, key DESC);
CREATE INDEX notifications_by_note ON notifications (note) WHERE note IS NOT NULL;

-- Every activity that we took in or made, once, as it was sent.
CREATE TABLE activities (
    key        bigint PRIMARY KEY,
    iri        text   NOT NULL UNIQUE,
    type       text   NOT NULL,
    actor      bigint,
    local      boolean NOT NULL,
    outcome    text   NOT NULL, -- applied, unknown, or the reason of a refusal
    raw        text   NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX activities_by_actor ON activities (actor, key DESC) WHERE local;

-- What is gone stays gone: a late Create cannot bring it back, an Undo is
-- remembered before what it undoes.
CREATE TABLE tombstones (
    iri   text PRIMARY KEY,
    actor text NOT NULL, -- who may have said so
    open  boolean NOT NULL DEFAULT false, -- everybody could read it, and may know that it was there
    at    timestamptz NOT NULL
);

-- Jobs promised by a transaction; the relay moves them to JetStream.
CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job        text   NOT NULL, -- its id, kept over all tries
    kind       text   NOT NULL,
    payload    text   NOT NULL,
    tries      int    NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Jobs that wait for their next try, or that were given up (dead).
CREATE TABLE parked (
    job        text   PRIMARY KEY,
    seq        bigint GENERATED ALWAYS AS IDENTITY,
    kind       text   NOT NULL,
    payload    text   NOT NULL,
    host       text   NOT NULL DEFAULT '', -- of a delivery
    tries      int    NOT NULL,
    due_at     timestamptz NOT NULL,
    dead_at    timestamptz,
    reason     text   NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX parked_due ON parked (due_at) WHERE dead_at IS NULL;
CREATE INDEX parked_by_host ON parked (host, seq) WHERE dead_at IS NULL;

-- How each host that we deliver to is doing.
CREATE TABLE hosts (
    host         text PRIMARY KEY,
    failures     int  NOT NULL DEFAULT 0, -- in a row
    down_since   timestamptz,             -- set: deliveries wait for a probe
    probe_at     timestamptz,
    succeeded_at timestamptz,
    reason       text NOT NULL DEFAULT ''
);
CREATE INDEX hosts_to_probe ON hosts (probe_at) WHERE down_since IS NOT NULL;

-- Whom we speak with, and who asked in vain.
CREATE TABLE partners (
    host       text PRIMARY KEY,
    note       text NOT NULL DEFAULT '',
    allowed_at timestamptz NOT NULL
);
CREATE TABLE knocks (
    host     text PRIMARY KEY,
    tried    text NOT NULL, -- what they tried last
    times    bigint NOT NULL DEFAULT 1,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL
);

-- OAuth: client programs, authorisation codes, access tokens; and the
-- sessions of our own pages. Secrets are kept as SHA-256 only.
CREATE TABLE apps (
    key           bigint PRIMARY KEY,
    client_id     text   NOT NULL UNIQUE,
    secret        bytea  NOT NULL,
    name          text   NOT NULL,
    website       text   NOT NULL DEFAULT '',
    redirect_uris text[] NOT NULL,
    scopes        text[] NOT NULL,
    created_at    timestamptz NOT NULL
);
CREATE TABLE codes (
    hash         bytea  PRIMARY KEY,
    app          bigint NOT NULL REFERENCES apps ON DELETE CASCADE,
    member       bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    redirect_uri text   NOT NULL,
    scopes       text[] NOT NULL,
    challenge    text   NOT NULL DEFAULT '', -- PKCE S256
    expires_at   timestamptz NOT NULL
);
CREATE TABLE tokens (
    hash       bytea  PRIMARY KEY,
    app        bigint NOT NULL REFERENCES apps ON DELETE CASCADE,
    member     bigint REFERENCES members ON DELETE CASCADE, -- null: the app itself
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX tokens_by_member ON tokens (member);
CREATE TABLE sessions (
    hash       bytea  PRIMARY KEY,
    member     bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_member ON sessions (member);
