-- Two reports by one reporter about two people are two things to look at: what an
-- admin is told names the report that it is about.
ALTER TABLE notifications ADD COLUMN report bigint REFERENCES reports ON DELETE CASCADE;
CREATE INDEX notifications_by_report ON notifications (report) WHERE report IS NOT NULL;
CREATE UNIQUE INDEX notifications_once_each ON notifications (member, kind, actor, coalesce(note, 0), coalesce(report, 0));
DROP INDEX notifications_once;
