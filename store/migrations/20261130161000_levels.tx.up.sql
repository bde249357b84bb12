-- What the people of each company of a group may do there, in the order of companies:
-- read, comment, post, invite. Where there is none it is all of it.
ALTER TABLE groups ADD COLUMN levels text[] NOT NULL DEFAULT '{}';
