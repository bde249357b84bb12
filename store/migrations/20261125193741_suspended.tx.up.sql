-- Every read leaves out what the suspended wrote and boosted: there are few of them,
-- and without an index of their own the planner went through all actors to find that.
CREATE INDEX actors_suspended ON actors (key) WHERE suspended_at IS NOT NULL;
