-- Why a moderator took a post out of a group: its author learns it, and who looks after
-- the group can read later what was done.
CREATE TABLE removals (
    key        bigint PRIMARY KEY,
    group_key  bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    author     bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    moderator  bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
    iri        text   NOT NULL, -- the post, which may be gone
    reason     text   NOT NULL DEFAULT '', -- '': other software gave none
    created_at timestamptz NOT NULL
);
CREATE INDEX removals_by_group ON removals (group_key, key DESC);
CREATE INDEX removals_by_author ON removals (author);
CREATE INDEX removals_by_moderator ON removals (moderator);

ALTER TABLE notifications ADD COLUMN removal bigint REFERENCES removals ON DELETE CASCADE;
CREATE INDEX notifications_by_removal ON notifications (removal) WHERE removal IS NOT NULL;
CREATE UNIQUE INDEX notifications_one_each ON notifications (member, kind, actor, coalesce(note, 0), coalesce(report, 0), coalesce(removal, 0));
DROP INDEX notifications_once_each;
