-- The latest direct messages, few among all that is written.
CREATE INDEX notes_direct ON notes (key) WHERE visibility = 'direct';
