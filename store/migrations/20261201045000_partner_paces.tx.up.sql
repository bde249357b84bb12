-- When the minute's allowance of posts is full again, of what a partner's people bring and of
-- what ours bring them: all processes of an instance count together.
ALTER TABLE partners ADD COLUMN brought_full timestamptz, ADD COLUMN sent_full timestamptz;
