-- Who reads along live is told by the database itself, at the commit and whoever
-- made the change: another process, a command, a cascade. A notice on the channel
-- "live" is "kind key reader...", a reader 0 meaning everybody; it says only what
-- to look at, and whoever hears it asks again whether its reader may.

-- A notice has at most 8000 bytes, a key 19 digits: 200 readers fit.
CREATE FUNCTION tell_timeline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('live', TG_ARGV[0] || ' ' || c.key || ' ' || string_agg(c.reader::text, ' '))
    FROM (SELECT key, reader, row_number() OVER (PARTITION BY key) / 200 AS part FROM changed) AS c GROUP BY c.key, c.part;
    RETURN NULL;
END $$;
CREATE TRIGGER live_update AFTER INSERT ON timeline REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_timeline('update');
CREATE TRIGGER live_delete AFTER DELETE ON timeline REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_timeline('delete');

CREATE FUNCTION tell_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('live', 'status.update ' || NEW.key || ' ' || string_agg(c.reader::text, ' '))
    FROM (SELECT t.reader, row_number() OVER () / 200 AS part FROM (
        SELECT reader FROM timeline WHERE note = NEW.key
        UNION SELECT 0 WHERE NEW.visibility = 'public' AND NEW.group_key IS NULL AND NEW.reply_to IS NULL) AS t) AS c GROUP BY c.part;
    RETURN NULL;
END $$;
CREATE TRIGGER live_edit AFTER UPDATE OF doc ON notes FOR EACH ROW
    WHEN (OLD.updated_at IS DISTINCT FROM NEW.updated_at) EXECUTE FUNCTION tell_edit();

CREATE FUNCTION tell_everybody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('live', TG_ARGV[0] || ' ' || coalesce(NEW.key, OLD.key) || ' 0');
    RETURN NULL;
END $$;
CREATE TRIGGER live_public AFTER INSERT ON notes FOR EACH ROW
    WHEN (NEW.visibility = 'public' AND NEW.group_key IS NULL AND NEW.reply_to IS NULL) EXECUTE FUNCTION tell_everybody('update');
CREATE TRIGGER live_unpublic AFTER DELETE ON notes FOR EACH ROW
    WHEN (OLD.visibility = 'public' AND OLD.group_key IS NULL AND OLD.reply_to IS NULL) EXECUTE FUNCTION tell_everybody('delete');

CREATE FUNCTION tell_notification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('live', 'notification ' || NEW.key || ' ' || NEW.member);
    RETURN NULL;
END $$;
CREATE TRIGGER live_notification AFTER INSERT ON notifications FOR EACH ROW EXECUTE FUNCTION tell_notification();

-- What somebody may has become less: their streams must look again at once.
CREATE FUNCTION tell_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
    PERFORM pg_notify('live', 'check 0 ' || (changed ->> TG_ARGV[0]));
    RETURN NULL;
END $$;
CREATE TRIGGER live_lock AFTER UPDATE OF locked_at ON members FOR EACH ROW
    WHEN (NEW.locked_at IS NOT NULL) EXECUTE FUNCTION tell_check('actor');
CREATE TRIGGER live_suspend AFTER UPDATE OF suspended_at, deleted_at ON actors FOR EACH ROW
    WHEN (NEW.local AND (NEW.suspended_at IS NOT NULL OR NEW.deleted_at IS NOT NULL)) EXECUTE FUNCTION tell_check('key');
CREATE TRIGGER live_revoke AFTER DELETE ON tokens FOR EACH ROW
    WHEN (OLD.member IS NOT NULL) EXECUTE FUNCTION tell_check('member');
