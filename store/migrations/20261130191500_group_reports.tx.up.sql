-- What is reported about a post in a group is for those who look after the group as well,
-- who deal with it apart from the admins: a report about a moderator is not theirs to end.
ALTER TABLE reports
    ADD COLUMN group_key bigint REFERENCES actors ON DELETE SET NULL, -- one of ours, or elsewhere
    ADD COLUMN settled_at timestamptz, -- by its moderators
    ADD COLUMN settled_by bigint REFERENCES actors ON DELETE SET NULL;
CREATE INDEX reports_by_group ON reports (group_key, key DESC) WHERE settled_at IS NULL;
CREATE INDEX reports_by_settler ON reports (settled_by) WHERE settled_by IS NOT NULL;
