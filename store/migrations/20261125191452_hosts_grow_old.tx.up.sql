-- Anybody can make hosts that we speak with once: what is known of one is forgotten
-- when it was not used for long. And which software a partner runs is kept, for
-- admins to read.
ALTER TABLE hosts
    ADD COLUMN seen_at  timestamptz NOT NULL DEFAULT now(), -- when something was written here
    ADD COLUMN software text NOT NULL DEFAULT '', -- its name, '' where that is not known
    ADD COLUMN version  text NOT NULL DEFAULT '',
    ADD COLUMN asked_at timestamptz; -- for the software
CREATE INDEX hosts_by_age ON hosts (seen_at);
CREATE INDEX knocks_by_age ON knocks (last_at);
