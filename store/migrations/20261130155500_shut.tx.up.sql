-- What belongs to a closed or secret group is asked for each activity that goes out:
-- there are few of these, and many actors.
CREATE INDEX actors_shut ON actors (key) WHERE access IN ('closed', 'secret');

-- These are asked for each request and each activity, and written seldom: nothing may
-- wait in a list that every question reads to its end.
ALTER INDEX actors_by_key_ids SET (fastupdate = off);
ALTER INDEX edges_by_earlier SET (fastupdate = off);
SELECT gin_clean_pending_list('actors_by_key_ids'), gin_clean_pending_list('edges_by_earlier');
