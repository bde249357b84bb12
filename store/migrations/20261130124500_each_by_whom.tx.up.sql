-- Each has a row for each by whom or by what it came to be: what was said to be gone, by
-- whom, so that nobody speaks for another of their host; and what puts an emoji beside a
-- note, so that an Undo takes back the one that it names.
ALTER TABLE tombstones DROP CONSTRAINT tombstones_pkey, ADD PRIMARY KEY (iri, actor);
ALTER TABLE reactions DROP CONSTRAINT reactions_pkey, ADD PRIMARY KEY (note, actor, emoji, iri);

-- A favourite that came by a reaction stands for it as for any other Like.
UPDATE edges AS e SET iri = r.iri FROM reactions AS r
WHERE e.kind = 'like' AND e.iri = '' AND r.by_like AND r.note = e.object AND r.actor = e.actor;
