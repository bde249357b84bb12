-- When the host of a group has begun to hand it over, and the group in which its successor
-- goes on with it.
ALTER TABLE successions ADD COLUMN handed_at timestamptz;
ALTER TABLE successions ADD COLUMN heir bigint REFERENCES actors ON DELETE SET NULL;

-- Who was in a group, by the list of its host: kept by the successor under that group, and
-- then under the one in which it goes on, until they come.
CREATE TABLE expected (
    group_key bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    iri       text   NOT NULL,
    host      text   NOT NULL,
    role      text   NOT NULL, -- member, moderator, owner; ban: who must not come
    PRIMARY KEY (group_key, iri)
);
CREATE INDEX expected_by_host ON expected (host, group_key) WHERE role <> 'ban';
