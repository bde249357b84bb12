-- Beside each author is shown how much they wrote: it is counted in an index of just
-- that, without a look at the posts themselves, which lie all over a large table.
CREATE INDEX notes_counted ON notes (author, key) WHERE group_key IS NULL AND visibility IN ('public', 'unlisted');
