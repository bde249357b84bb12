-- What answers in a closed or secret group and is neither posted there nor the group's is in
-- no thread of it (resolve.belongs). What came before that was asked leaves those it is in,
-- and takes along what answers it.
CREATE TEMPORARY TABLE outside ON COMMIT DROP AS
    SELECT n.key FROM notes AS n JOIN notes AS parent ON parent.key = n.reply_to
        JOIN actors AS g ON g.key = parent.group_key AND g.access IN ('closed', 'secret')
    WHERE n.group_key IS DISTINCT FROM g.key AND n.author <> g.key;

UPDATE notes SET reply_to = NULL WHERE key IN (SELECT key FROM outside);

WITH RECURSIVE down AS (SELECT key, key AS first FROM outside
    UNION SELECT n.key, down.first FROM notes AS n JOIN down ON n.reply_to = down.key)
UPDATE notes AS n SET thread = down.first FROM down WHERE n.key = down.key;
