-- Which post of ours an activity brings to others, new or changed: its deliveries are
-- shown to its author. Of posts from before this step there is nothing to show.
ALTER TABLE activities ADD COLUMN note bigint;
CREATE INDEX activities_by_note ON activities (note, key) WHERE note IS NOT NULL;
