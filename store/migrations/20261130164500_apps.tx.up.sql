-- Anybody can register a client program: one that no member has ever let in is forgotten.
-- Of those that are there already nobody knows, so they stay.
ALTER TABLE apps ADD COLUMN used boolean NOT NULL DEFAULT true;
ALTER TABLE apps ALTER COLUMN used SET DEFAULT false;
CREATE INDEX apps_unused ON apps (created_at) WHERE NOT used;
CREATE INDEX tokens_by_app ON tokens (app); -- those of an app go with it
CREATE INDEX codes_by_app ON codes (app);
