-- Which handle hosts an origin has is seen at the two ends of its part of the index: most
-- have one, whose people in a group are counted by its digest.
DROP INDEX actors_by_origin;
CREATE INDEX actors_by_origin ON actors (origin, host) WHERE NOT local;
