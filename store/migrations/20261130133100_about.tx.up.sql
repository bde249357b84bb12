-- What an activity is about, however it is wrapped: by it the text of what is deleted is
-- found, and the activity that a post came by. The index has only what still has its text.
ALTER TABLE activities ADD COLUMN about text NOT NULL DEFAULT '';
UPDATE activities SET about = coalesce(raw::jsonb #>> '{object,object,id}', raw::jsonb #>> '{object,object}', raw::jsonb #>> '{object,id}', raw::jsonb ->> 'object', '') WHERE local;
CREATE INDEX activities_about ON activities (about, key) WHERE about <> '' AND raw <> '';
-- What others have sent, as long as it has its text.
CREATE INDEX activities_received ON activities (key) WHERE NOT local AND raw <> '';
-- An Undo of an earlier one of those that an edge stands for finds it without their text.
CREATE INDEX edges_by_earlier ON edges USING gin (earlier) WHERE earlier <> '{}';
