-- What a host that was away hears first: who is out of what.
ALTER TABLE parked ADD COLUMN urgent boolean NOT NULL DEFAULT false;
DROP INDEX parked_by_host;
CREATE INDEX parked_by_host ON parked (host, urgent DESC, seq) WHERE dead_at IS NULL;
