-- What whoever runs this has to see: what a partner said last, how fast things go, and
-- which trace a job belongs to.
ALTER TABLE parked
    ADD COLUMN status int  NOT NULL DEFAULT 0,  -- of the last answer, 0: there was none
    ADD COLUMN answer text NOT NULL DEFAULT '', -- its first bytes
    ADD COLUMN trace  text NOT NULL DEFAULT '';
ALTER TABLE outbox
    ADD COLUMN trace text NOT NULL DEFAULT ''; -- W3C traceparent, '': none
CREATE INDEX parked_dead ON parked (host, seq) WHERE dead_at IS NOT NULL;

-- fades is what something that was counted then still weighs: e times less every 5
-- minutes (Recent in store/line.go). What several workers count can so be added up.
CREATE FUNCTION fades(since timestamptz, at timestamptz) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT exp(greatest(least(coalesce(extract(epoch FROM since - at), 0) / 300, 0), -100)::double precision)
$$;

ALTER TABLE hosts
    ADD COLUMN delivered bigint NOT NULL DEFAULT 0, -- so far
    ADD COLUMN recent    double precision NOT NULL DEFAULT 0,
    ADD COLUMN recent_at timestamptz;
CREATE TABLE job_rates (
    kind      text PRIMARY KEY,
    ran       double precision NOT NULL,
    failed    double precision NOT NULL,
    seconds   double precision NOT NULL,
    recent_at timestamptz NOT NULL
);
