-- The topic of its group that a post is in, as its document says (target), and when the group
-- said so: an older word of it changes nothing.
ALTER TABLE notes
    ADD COLUMN topic    text NOT NULL GENERATED ALWAYS AS (coalesce(doc #>> '{target,id}', '')) STORED,
    ADD COLUMN filed_at timestamptz;
CREATE INDEX notes_by_topic ON notes (group_key, topic, key DESC) WHERE admitted AND topic <> '';
