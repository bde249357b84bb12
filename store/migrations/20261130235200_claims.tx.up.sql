-- When a host was heard of last ('': any), and its longest silence lately,
-- of more than half a day.
CREATE TABLE signs (
    host         text PRIMARY KEY,
    heard_at     timestamptz NOT NULL,
    silent_from  timestamptz,
    silent_until timestamptz
);

-- What a successor has read of the group lately, when it has claimed it, and when it has
-- said so last.
ALTER TABLE successions ADD COLUMN since bigint NOT NULL DEFAULT 0; -- the first version that named this one, for this silence
UPDATE successions SET since = version;
ALTER TABLE successions ADD COLUMN copied_at timestamptz;
ALTER TABLE successions ADD COLUMN settings jsonb;
ALTER TABLE successions ADD COLUMN claimed_at timestamptz;
ALTER TABLE successions ADD COLUMN said_at timestamptz;
