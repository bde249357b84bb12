-- Who is looked for by the beginning of a name, and the groups that live here.
CREATE INDEX actors_by_username ON actors (lower(username) text_pattern_ops) WHERE deleted_at IS NULL;
CREATE INDEX actors_by_name ON actors (lower(doc ->> 'name') text_pattern_ops) WHERE deleted_at IS NULL;
CREATE INDEX actors_groups ON actors (lower(username)) WHERE local AND type = 'Group';
