-- What a group lets its members do, and who owns it: whoever has moderated it longest.
ALTER TABLE groups
    ADD COLUMN posting  text    NOT NULL DEFAULT 'all',
    ADD COLUMN inviting text    NOT NULL DEFAULT 'moderators',
    ADD COLUMN reviewed boolean NOT NULL DEFAULT false;
INSERT INTO edges (key, kind, actor, object, accepted, created_at)
SELECT (SELECT max(key) FROM edges) + row_number() OVER (), 'owner', o.actor, o.object, true, o.created_at
FROM (SELECT DISTINCT ON (e.object) e.actor, e.object, e.created_at FROM edges AS e JOIN groups AS g ON g.actor = e.object
    WHERE e.kind = 'moderator' ORDER BY e.object, e.key) AS o;
