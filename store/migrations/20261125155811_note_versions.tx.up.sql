-- What a post said before it was changed: who reads an answer may ask what it answered.
CREATE TABLE note_versions (
    key  bigint PRIMARY KEY, -- of the moment when it was replaced
    note bigint NOT NULL REFERENCES notes ON DELETE CASCADE,
    doc  jsonb  NOT NULL
);
CREATE INDEX note_versions_by_note ON note_versions (note, key);
