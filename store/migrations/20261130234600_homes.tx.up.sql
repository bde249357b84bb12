-- Where the people of another host are reached, by host: most often it is one shared
-- inbox for all, and then whom a group reaches there is counted by its digest, however
-- many are in it. The second index is of those who do not count as the others do.
CREATE INDEX actors_homes ON actors (origin, (CASE WHEN shared_inbox <> '' THEN shared_inbox ELSE inbox END) COLLATE "C")
    WHERE NOT local AND deleted_at IS NULL AND type NOT IN ('Group', 'Application');
CREATE INDEX actors_odd ON actors (origin) WHERE suspended_at IS NOT NULL OR NOT local AND type IN ('Group', 'Application');
