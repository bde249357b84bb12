-- When an agreement was decided upon last is in its registers; each message moved this one.
ALTER TABLE partnerships DROP COLUMN changed_at;
